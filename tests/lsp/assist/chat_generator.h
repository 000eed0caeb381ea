// A generator that follows instructions, as far as the test has prepared them.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model/generator.h"

namespace curlew::assist {

// Follows instructions: one prepared answer a call, the last one again and again.
class ChatGenerator final : public model::Generator {
 public:
  explicit ChatGenerator(std::vector<std::string> answers) : answers_(std::move(answers)) {}

  model::Expected<model::Generation> generate(const model::GenerateRequest& request,
                                              std::stop_token stop) override {
    requests.push_back(request);
    model::Generation out;
    out.text = answers_[std::min(requests.size(), answers_.size()) - 1];
    out.finish = stop.stop_requested() ? model::Finish::kCancelled : finish;
    out.prompt_tokens = 100;
    return out;
  }
  int count_tokens(std::string_view text) const override {
    return static_cast<int>(text.size() / 3);
  }
  model::GeneratorInfo info() const override {
    return {.model = "scripted",
            .context_tokens = context_tokens,
            .takes_grammar = local,
            .chat = chat,
            .why_no_chat = "no chat template"};
  }
  std::string said(std::size_t call, std::size_t message) const {
    return std::get<model::ChatPrompt>(requests[call].prompt).messages[message].text;
  }

  std::vector<model::GenerateRequest> requests;
  model::Finish finish = model::Finish::kStopString;
  bool chat = true, local = true;
  int context_tokens = 4096;

 private:
  const std::vector<std::string> answers_;
};

}  // namespace curlew::assist
