// Generation by an OpenAI-compatible server (POST /v1/completions): llama.cpp, vLLM, Ollama, LM
// Studio, a hosted one.
//
// Nothing is sent anywhere unless the user configured an endpoint, and then to that endpoint only:
// redirects are not followed. What is sent: the text before and after the cursor and the retrieved
// pieces, within the budget. Replies are streamed, so that the filter, stop strings, stop token and
// deadline work as they do locally; closing the connection is what tells the server to stop.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "model/generator.h"
#include "model/remote/endpoint.h"

namespace curlew::model {

struct RemoteOptions {
  std::string base_url;
  std::string api_key;  // sent as a bearer token; "": the environment's CURLEW_API_KEY, or none
  std::string model;    // "": left out, the server has one
  // How a model without a `suffix` parameter wants fill-in-the-middle, with {prefix} and {suffix}
  // in it, as in
  // "<PRE> {prefix} <SUF>{suffix} <MID>". "": prompt and suffix are sent apart.
  std::string fim_template;
  int context_tokens = 4096;  // what prompts are cut to, by estimate
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds silence_timeout{60'000};  // between two pieces of a reply
};

// Thread-safe; each call has a connection of its own, and the server puts concurrent calls in
// order. A prompt of token ids is refused: they mean nothing to another vocabulary.
class OpenAiClient final : public Generator {
 public:
  // Connects to nothing yet. Error kInvalidInput: an address or a template that cannot be used.
  static Expected<std::unique_ptr<OpenAiClient>> create(RemoteOptions options);

  // Where the server applied a stop string itself, the finish is kStopToken: it does not say which.
  Expected<Generation> generate(const GenerateRequest& request, std::stop_token stop) override;
  int count_tokens(std::string_view text) const override;  // an estimate, from the bytes
  GeneratorInfo info() const override;

 private:
  OpenAiClient(RemoteOptions options, Endpoint endpoint)
      : options_(std::move(options)), endpoint_(std::move(endpoint)) {}

  RemoteOptions options_;
  Endpoint endpoint_;
};

}  // namespace curlew::model
