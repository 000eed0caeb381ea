// A generator that says what the test wants, token by token, obeying filters, limits and stops.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "model/generator.h"

namespace curlew::assist {

class ScriptedGenerator : public model::Generator {
 public:
  explicit ScriptedGenerator(std::string answer, float logprob = -0.05f)
      : answer_(std::move(answer)), logprob_(logprob) {}

  model::Expected<model::Generation> generate(const model::GenerateRequest& request,
                                              std::stop_token stop) override {
    ++calls;
    last = request;
    if (before) before();
    if (error) return tl::unexpected<model::Error>(*error);
    model::Generation out;
    out.prompt_tokens = 100;
    if (const auto* fim = std::get_if<model::FimText>(&request.prompt))
      out.context_used = fim->context.size();
    for (std::size_t at = 0; at < answer_.size(); at += kTokenBytes) {
      if (before_token) before_token(out.tokens.size());
      out.finish = ended(request, stop, out);
      if (out.finish == model::Finish::kDeadline && request.whole)
        out.text.resize(std::min(out.text.size(), request.whole(out.text)));
      if (out.finish != model::Finish::kStopToken) return out;
      out.text += answer_.substr(at, kTokenBytes);
      out.tokens.push_back(1);
      out.logprobs.push_back(logprob_);
      if (const auto keep = request.filter ? request.filter(out.text) : std::nullopt) {
        out.text.resize(*keep);
        out.finish = model::Finish::kFilter;
        return out;
      }
    }
    out.finish = model::Finish::kStopToken;
    return out;
  }
  int count_tokens(std::string_view text) const override {
    return static_cast<int>(text.size() / kTokenBytes);
  }
  model::GeneratorInfo info() const override {
    return {.model = "scripted",
            .device = "none",
            .context_tokens = 512,
            .keeps_prompts = keeps_prompts,
            .fim = fim};
  }

  int calls = 0;
  bool fim = true, keeps_prompts = true;
  model::GenerateRequest last;
  std::function<void()> before;
  std::function<void(std::size_t tokens)> before_token;
  std::optional<model::Error> error;

 private:
  static constexpr std::size_t kTokenBytes = 3;

  static model::Finish ended(const model::GenerateRequest& request, const std::stop_token& stop,
                             const model::Generation& out) {
    if (stop.stop_requested()) return model::Finish::kCancelled;
    if (request.deadline && std::chrono::steady_clock::now() > *request.deadline)
      return model::Finish::kDeadline;
    if (static_cast<int>(out.tokens.size()) >= request.new_tokens_max)
      return model::Finish::kLength;
    return model::Finish::kStopToken;  // not yet
  }

  std::string answer_;
  float logprob_;
};

}  // namespace curlew::assist
