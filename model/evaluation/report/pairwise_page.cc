#include "model/evaluation/report/pairwise_page.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr char kHead[] = R"html(<!doctype html>
<meta charset="utf-8">
<title>Which picture fits better?</title>
<style>
body { font: 18px sans-serif; text-align: center; margin: 2em; }
img { width: 320px; image-rendering: pixelated; margin: .5em; border: 1px solid #888; }
button { font-size: 1em; margin: .5em; padding: .4em 1.2em; }
</style>
<p id="progress"></p>
<h2 id="prompt"></h2>
<div><img id="left" alt="left"><img id="right" alt="right"></div>
<div><button onclick="vote('left')">left (1)</button><button onclick="vote('tie')">tie (2)</button>
<button onclick="vote('right')">right (3)</button></div>
<p><a id="export" download="votes.json">export the votes</a></p>
<script>
const data = )html";

constexpr char kTail[] = R"html(;
const votes = [];
const at = id => document.getElementById(id);
function show() {
  const n = votes.length, pair = data.pairs[n];
  at('progress').textContent = n + ' of ' + data.pairs.length;
  at('prompt').textContent = pair ? pair.prompt : 'Done. Thank you: export the votes.';
  if (!pair) { at('left').hidden = at('right').hidden = true; return; }
  at('left').src = 'data:image/png;base64,' + pair.left;
  at('right').src = 'data:image/png;base64,' + pair.right;
}
function vote(side) {
  const pair = data.pairs[votes.length];
  if (!pair) return;
  const winner = side === 'tie' ? 'tie' : ((side === 'left') === pair.firstIsLeft ? 'first' : 'second');
  votes.push({prompt: pair.prompt, winner: winner});
  const out = {first: data.first, second: data.second, votes: votes};
  at('export').href = URL.createObjectURL(new Blob([JSON.stringify(out, null, 2)]));
  show();
}
document.onkeydown = e => ({'1': () => vote('left'), '2': () => vote('tie'), '3': () => vote('right')}[e.key] || (() => {}))();
show();
</script>
)html";

}  // namespace

std::string PairwisePage(const std::string& first, const std::string& second,
                         const std::vector<PicturePair>& pairs, uint64_t seed) {
  SceneRandom random(seed, 0);
  nlohmann::json data = {{"first", first}, {"second", second}, {"pairs", nlohmann::json::array()}};
  for (const PicturePair& pair : pairs) {
    const bool first_is_left = random.Chance(0.5);
    const std::string& left = first_is_left ? pair.first_png : pair.second_png;
    const std::string& right = first_is_left ? pair.second_png : pair.first_png;
    data["pairs"].push_back({{"prompt", pair.prompt},
                             {"left", absl::Base64Escape(left)},
                             {"right", absl::Base64Escape(right)},
                             {"firstIsLeft", first_is_left}});
  }
  // "</script>" within a string would end the script.
  const std::string json = absl::StrReplaceAll(data.dump(), {{"</", "<\\/"}});
  return absl::StrCat(kHead, json, kTail);
}

}  // namespace strobe::model
