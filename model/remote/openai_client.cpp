#include "model/remote/openai_client.h"

#include <httplib.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "model/remote/event_reader.h"
#include "model/remote/remote_prompt.h"
#include "model/text/text_stream.h"

namespace curlew::model {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBodyBytesMax = std::size_t{8} << 20;
constexpr std::size_t kQuotedBytesMax = 300;  // of a server's own words in our errors
constexpr std::chrono::milliseconds kHangUpAgain{10};

double ms_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

// What a server says about an error: {"error": {"message": ...}}, {"error": "..."}, or just text.
std::string servers_words(const std::string& body) {
  const json reply = json::parse(body, nullptr, /*allow_exceptions=*/false);
  std::string words = body;
  if (reply.is_object() && reply.contains("error")) {
    const json& error = reply["error"];
    if (error.is_string()) words = error.get<std::string>();
    if (error.is_object() && error.contains("message") && error["message"].is_string())
      words = error["message"].get<std::string>();
  }
  words.resize(std::min(words.size(), kQuotedBytesMax));
  return words;
}

// Hangs up when the caller stops or the deadline comes. httplib reads block in their own thread, so
// somebody else has to watch; and a connection that is just being opened does not hear the first
// call, so it is repeated.
class Watch {
 public:
  Watch(httplib::Client& client, std::stop_token stop, std::optional<Clock::time_point> deadline)
      : thread_([this, &client, stop = std::move(stop), deadline](const std::stop_token& done) {
          watch(client, stop, deadline, done);
        }) {}

 private:
  void watch(httplib::Client& client, const std::stop_token& stop,
             std::optional<Clock::time_point> deadline, const std::stop_token& done) {
    const std::stop_callback wake(stop, [this] {
      std::lock_guard lock(mutex_);
      changed_.notify_all();
    });
    std::unique_lock lock(mutex_);
    const auto stopped = [&] { return stop.stop_requested(); };
    if (deadline)
      changed_.wait_until(lock, done, *deadline, stopped);
    else
      changed_.wait(lock, done, stopped);
    while (!done.stop_requested()) {
      client.stop();
      changed_.wait_for(lock, done, kHangUpAgain, [] { return false; });
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses the others
};

// One reply, as it comes in.
class Reply {
 public:
  Reply(const GenerateRequest& request, const RemotePrompt& prompt, std::stop_token stop)
      : request_(request), stop_(std::move(stop)), stream_(request.stop_strings, request.filter) {
    result_.prompt_tokens = prompt.prompt_tokens;
    result_.context_used = prompt.context_used;
  }

  bool begin(const httplib::Response& response) {
    status_ = response.status;
    is_stream_ = status_ == 200 &&
                 response.get_header_value("Content-Type").starts_with("text/event-stream");
    return true;
  }

  // False: enough, or too much.
  bool receive(std::string_view bytes) {
    if (early()) return false;
    if (!is_stream_) {
      body_ += bytes;
      if (body_.size() > kBodyBytesMax) error_ = Error(Errc::kRemote, "a reply without end");
      return !error_;
    }
    Expected<bool> more =
        events_.feed(bytes, [this](std::string_view data) { return event(data); });
    if (!more) error_ = std::move(more.error());
    return more && *more;
  }

  // What came of it. `transport` is how the exchange ended.
  Expected<Generation> finish(httplib::Error transport, Clock::time_point started) {
    if (!finish_) finish_ = early();
    if (!finish_ && !error_) settle(transport);
    if (error_ && !finish_) return tl::unexpected(*error_);
    const Clock::time_point now = Clock::now();
    result_.finish = *finish_;
    result_.text = stream_.take_text();
    result_.timings.prefill_ms = ms_between(started, first_text_.value_or(now));
    result_.timings.decode_ms = ms_between(first_text_.value_or(now), now);
    result_.timings.total_ms = ms_between(started, now);
    return std::move(result_);
  }

 private:
  std::optional<Finish> early() const {
    if (stop_.stop_requested()) return Finish::kCancelled;
    if (request_.deadline && Clock::now() >= *request_.deadline) return Finish::kDeadline;
    return std::nullopt;
  }

  bool event(std::string_view data) {
    if (data == "[DONE]") {
      if (!finish_) finish_ = Finish::kStopToken;
      return false;
    }
    completion(data);
    return !error_ && !finish_;
  }

  // One completion object: a piece of the text, or all of it where the server does not stream.
  void completion(std::string_view data) {
    const json reply = json::parse(data, nullptr, /*allow_exceptions=*/false);
    if (!reply.is_object()) {
      error_ = Error(Errc::kRemote,
                     fmt::format("not a JSON object: {}", data.substr(0, kQuotedBytesMax)));
      return;
    }
    if (reply.contains("error")) {
      error_ = Error(Errc::kRemote, servers_words(std::string(data)));
      return;
    }
    read_usage(reply);
    const auto choices = reply.find("choices");
    if (choices == reply.end() || !choices->is_array() || choices->empty()) return;  // usage alone
    const json& choice = choices->front();
    if (!choice.is_object()) return;
    add_text(choice, "text");
    for (const char* of_chat : {"delta", "message"})
      if (const auto inner = choice.find(of_chat); inner != choice.end() && inner->is_object())
        add_text(*inner, "content");
    const auto reason = choice.find("finish_reason");
    if (!finish_ && reason != choice.end() && reason->is_string())
      finish_ = *reason == "length" ? Finish::kLength : Finish::kStopToken;
  }

  void add_text(const json& from, const char* key) {
    if (const auto text = from.find(key); text != from.end() && text->is_string())
      add(text->get_ref<const std::string&>());
  }

  void add(const std::string& piece) {
    if (piece.empty()) return;
    if (!first_text_) first_text_ = Clock::now();
    finish_ = stream_.add(piece);
  }

  void read_usage(const json& reply) {
    const auto usage = reply.find("usage");
    if (usage == reply.end() || !usage->is_object()) return;
    const auto count = [](const json& from, const char* key, int& to) {
      const auto value = from.find(key);
      if (value != from.end() && value->is_number_integer()) to = value->get<int>();
    };
    count(*usage, "prompt_tokens", result_.prompt_tokens);
    const auto details = usage->find("prompt_tokens_details");
    if (details != usage->end() && details->is_object())
      count(*details, "cached_tokens", result_.cached_tokens);
  }

  // The exchange is over and no event said how: a plain JSON reply, an error status, or a broken
  // connection.
  void settle(httplib::Error transport) {
    if (status_ == 0)
      error_ = Error(Errc::kRemote, fmt::format("no answer ({})", httplib::to_string(transport)));
    else if (status_ != 200)
      error_ = Error(Errc::kRemote, fmt::format("answered {}: {}", status_, servers_words(body_)));
    else if (is_stream_ || transport != httplib::Error::Success)
      error_ = Error(Errc::kRemote, fmt::format("the reply broke off after {} bytes of text",
                                                stream_.text().size()));
    else
      completion(body_);
    if (!error_ && !finish_) error_ = Error(Errc::kRemote, "a reply without choices");
  }

  const GenerateRequest& request_;
  std::stop_token stop_;
  TextStream stream_;
  EventReader events_;
  int status_ = 0;
  bool is_stream_ = false;
  std::string body_;  // of a reply that is no event stream
  std::optional<Finish> finish_;
  std::optional<Error> error_;
  std::optional<Clock::time_point> first_text_;
  Generation result_;
};

}  // namespace

Expected<std::unique_ptr<OpenAiClient>> OpenAiClient::create(RemoteOptions options) {
  Expected<Endpoint> endpoint = parse_endpoint(options.base_url);
  if (!endpoint) return std::move(endpoint.error()).pass();
  const std::string& form = options.fim_template;
  if (!form.empty() &&
      (form.find("{prefix}") == std::string::npos || form.find("{suffix}") == std::string::npos))
    return fail(Errc::kInvalidInput,
                "fill-in-the-middle template \"{}\": {{prefix}} and {{suffix}} must stand in it",
                form);
  if (options.context_tokens < 1)
    return fail(Errc::kInvalidInput, "a remote context of {} tokens", options.context_tokens);
  if (options.api_key.empty())
    if (const char* key = std::getenv("CURLEW_API_KEY")) options.api_key = key;
  if (std::ranges::any_of(options.api_key, [](char c) { return c <= ' ' || c == 0x7f; }))
    return fail(Errc::kInvalidInput, "the API key has a blank or a control character in it");
  return std::unique_ptr<OpenAiClient>(new OpenAiClient(std::move(options), std::move(*endpoint)));
}

Expected<Generation> OpenAiClient::generate(const GenerateRequest& request, std::stop_token stop) {
  Expected<RemotePrompt> prompt = remote_prompt(options_, request);
  if (!prompt) return std::move(prompt.error()).during("generate");

  httplib::Client client(endpoint_.origin);
  client.set_connection_timeout(options_.connect_timeout);
  client.set_read_timeout(options_.silence_timeout);
  client.set_write_timeout(options_.silence_timeout);

  Reply reply(request, *prompt, stop);

  httplib::Request post;
  post.method = "POST";
  post.path = std::holds_alternative<ChatPrompt>(request.prompt) ? endpoint_.chat_path
                                                                 : endpoint_.completions_path;
  post.set_header("Content-Type", "application/json");
  post.set_header("Accept", "text/event-stream");
  if (!options_.api_key.empty()) post.set_header("Authorization", "Bearer " + options_.api_key);
  post.body = std::move(prompt->body);
  post.response_handler = [&](const httplib::Response& r) { return reply.begin(r); };
  post.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    return reply.receive({data, size});
  };

  const Clock::time_point started = Clock::now();
  httplib::Error transport = httplib::Error::Success;
  {
    const Watch watch(client, stop, request.deadline);
    httplib::Response ignored;
    if (!client.send(post, ignored, transport) && transport == httplib::Error::Success)
      transport = httplib::Error::Unknown;
  }
  Expected<Generation> result = reply.finish(transport, started);
  if (!result) return std::move(result.error()).during(endpoint_.text());
  return result;
}

int OpenAiClient::count_tokens(std::string_view text) const {
  return estimate_tokens(text.size());
}

GeneratorInfo OpenAiClient::info() const {
  return {.model = options_.model.empty() ? "remote" : options_.model,
          .device = "remote: " + endpoint_.origin,
          .context_tokens = options_.context_tokens,
          .fim = true,
          .fim_family = options_.fim_template.empty() ? "server" : "template",
          .chat = true,
          .chat_family = "server",
          .why_no_next_edit = "next edits need a model on this machine"};
}

}  // namespace curlew::model
