#include "server/imaging/provenance.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace strobe::server {
namespace {

constexpr size_t kMaxNameBytes = 128;
constexpr size_t kMaxPromptBytes = 4096;

// At most `max_bytes` of `text`, whole UTF-8 characters.
absl::string_view Cut(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (text[max_bytes] & 0xC0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

// As the value of an XML attribute.
std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {">", "&gt;"},
                                    {"\"", "&quot;"},
                                    {"\t", "&#9;"},
                                    {"\n", "&#10;"},
                                    {"\r", "&#13;"}});
}

std::string PromptInformation(const model::GenerationSpec& spec) {
  return absl::StrCat(Escape(Cut(spec.prompt, kMaxPromptBytes)), " (seed ", spec.seed, ", ",
                      spec.num_inference_steps, " steps)");
}

}  // namespace

std::string ProvenancePacket(absl::string_view software, absl::string_view model,
                             const model::GenerationSpec* spec) {
  const std::string system =
      absl::StrCat(Escape(software), ", model ", Escape(Cut(model, kMaxNameBytes)));
  std::string packet = absl::StrCat(
      "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>"
      "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">"
      "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
      "<rdf:Description rdf:about=\"\""
      " xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\""
      " xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\""
      " xmp:CreatorTool=\"",
      Escape(software),
      "\" Iptc4xmpExt:DigitalSourceType="
      "\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\""
      " Iptc4xmpExt:AISystemUsed=\"",
      system, "\"");
  if (spec != nullptr) {
    absl::StrAppend(&packet, " Iptc4xmpExt:AIPromptInformation=\"", PromptInformation(*spec), "\"");
  }
  absl::StrAppend(&packet, "/></rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>");
  return packet;
}

}  // namespace strobe::server
