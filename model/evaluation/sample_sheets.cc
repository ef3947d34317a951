#include "model/evaluation/sample_sheets.h"

#include <set>

#include <ATen/ops/stack.h>

#include "absl/strings/str_cat.h"
#include "model/evaluation/picture_tensors.h"
#include "model/image_io/image_codec.h"

namespace strobe::model {

std::string SheetName(const ComparisonRow& row) { return absl::StrCat(row.Name(), ".png"); }

absl::StatusOr<std::string> SheetPng(const std::vector<at::Tensor>& pictures) {
  const RgbImage sheet = PictureSheet(at::stack(pictures), static_cast<int>(pictures.size()));
  return EncodeImage(sheet, ImageFormat::kPng, 0);
}

std::string SheetsMarkdown(const std::vector<MeasuredRow>& rows,
                           const std::vector<std::string>& prompts) {
  std::string text = "# Samples\n\nFrom left to right:\n\n";
  for (size_t i = 0; i < prompts.size(); ++i) {
    absl::StrAppend(&text, i + 1, ". ", prompts[i], "\n");
  }
  absl::StrAppend(&text, "\n| method | steps | |\n|---|---|---|\n");
  std::set<std::string> shown;
  for (const MeasuredRow& measured : rows) {
    const std::string name = SheetName(measured.row);
    if (!shown.insert(name).second) continue;
    absl::StrAppend(&text, "| ", measured.row.label, " | ", measured.row.steps, " | ![](", name,
                    ") |\n");
  }
  return text;
}

}  // namespace strobe::model
