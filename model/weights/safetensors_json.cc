#include "model/weights/safetensors_json.h"

#include <set>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr char kMetadataKey[] = "__metadata__";

// {"name": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, "__metadata__": {"k": "v"}}:
// a state machine over the parser's events. The first event that does not fit stops the parser.
class HeaderEvents : public json::json_sax_t {
 public:
  explicit HeaderEvents(SafetensorsHeader& header) : header_(header) {}

  const std::string& problem() const { return problem_; }

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("true or false"); }
  bool number_integer(json::number_integer_t) override { return Unexpected("a negative number"); }
  bool number_float(json::number_float_t, const std::string&) override {
    return Unexpected("a fraction");
  }
  bool binary(json::binary_t&) override { return Unexpected("binary data"); }

  bool number_unsigned(json::number_unsigned_t value) override {
    if (state_ == State::kShape) {
      if (value > static_cast<uint64_t>(INT64_MAX)) {
        return Fail(absl::StrCat("has the dimension ", value, ", which is too big"));
      }
      entry().shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (state_ != State::kOffsets) return Unexpected("a number");
    if (num_offsets_ == 2) return Fail("has more than two data_offsets");
    (num_offsets_++ == 0 ? entry().begin : entry().end) = value;
    return true;
  }

  bool string(std::string& value) override {
    if (state_ == State::kMetadata) {
      header_.metadata[field_] = std::move(value);
      return true;
    }
    if (state_ != State::kEntry || field_ != "dtype") return Unexpected("a string");
    entry().dtype = std::move(value);
    return true;
  }

  bool start_object(std::size_t) override {
    if (state_ == State::kStart) {
      state_ = State::kTop;
    } else if (state_ != State::kTop) {
      return Unexpected("an object");
    } else if (name_ == kMetadataKey) {
      state_ = State::kMetadata;
      fields_.clear();
    } else {
      state_ = State::kEntry;
      fields_.clear();
      num_offsets_ = 0;
      header_.entries.push_back({});
      entry().name = name_;
    }
    return true;
  }

  bool key(std::string& value) override {
    if (state_ == State::kTop) {
      name_ = std::move(value);
      return names_.insert(name_).second || Fail("is there twice");
    }
    field_ = std::move(value);
    if (!fields_.insert(field_).second) return Fail(absl::StrCat("has '", field_, "' twice"));
    if (state_ == State::kMetadata) return true;
    return field_ == "dtype" || field_ == "shape" || field_ == "data_offsets" ||
           Fail(absl::StrCat("has the unknown field '", field_, "'"));
  }

  bool end_object() override {
    if (state_ == State::kEntry && (fields_.size() != 3 || num_offsets_ != 2)) {
      return Fail("needs dtype, shape and two data_offsets");
    }
    state_ = State::kTop;
    return true;
  }

  bool start_array(std::size_t) override {
    if (state_ != State::kEntry || field_ == "dtype") return Unexpected("an array");
    state_ = field_ == "shape" ? State::kShape : State::kOffsets;
    return true;
  }

  bool end_array() override {
    state_ = State::kEntry;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const json::exception& error) override {
    problem_ = absl::StrCat("the header is not valid JSON at byte ", position, ": ", error.what());
    return false;
  }

 private:
  enum class State { kStart, kTop, kMetadata, kEntry, kShape, kOffsets };

  SafetensorsEntry& entry() { return header_.entries.back(); }

  bool Unexpected(const char* what) {
    if (name_.empty()) {
      problem_ = absl::StrCat("the header has ", what, " where an object is expected");
      return false;
    }
    return Fail(absl::StrCat("has ", what, " in the wrong place"));
  }

  bool Fail(const std::string& what) {
    problem_ = absl::StrCat("'", name_, "' ", what);
    return false;
  }

  SafetensorsHeader& header_;
  State state_ = State::kStart;
  std::string name_;
  std::string field_;
  std::set<std::string> names_;
  std::set<std::string> fields_;
  int num_offsets_ = 0;
  std::string problem_;
};

}  // namespace

absl::Status ParseSafetensorsJson(absl::string_view json_text, SafetensorsHeader& header) {
  if (json_text.empty() || json_text.front() != '{') {
    return absl::InvalidArgumentError("the header does not start with '{'");
  }
  // The parser takes a NUL for the end and would leave the rest unread.
  if (absl::StrContains(json_text, '\0')) {
    return absl::InvalidArgumentError("the header is not valid JSON: it has a NUL byte");
  }
  HeaderEvents events(header);
  if (!json::sax_parse(json_text.begin(), json_text.end(), &events)) {
    // The parser quotes the bytes it stumbled over: keep the message printable.
    std::string problem = events.problem();
    for (char& c : problem) c = absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
    return absl::InvalidArgumentError(problem);
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
