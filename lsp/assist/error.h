// Errors of the assistant: what the wings below said, made one. lsp/server/error_code.cpp alone
// turns them into LSP codes.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "indexer/error.h"
#include "model/error.h"

namespace curlew::assist {

enum class Errc {
  kInvalidInput,  // a place outside the file, a document that is not open
  kNotFound,
  kUnavailable,  // what it takes is not to be had: no model, a broken file, a full disk, no
                 // endpoint
  kCancelled,
  kInternal,
};

class [[nodiscard]] Error {
 public:
  Error(Errc kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  Error(model::Error error);    // NOLINT(google-explicit-constructor): the one way up
  Error(indexer::Error error);  // NOLINT(google-explicit-constructor)

  Errc kind() const { return kind_; }
  const std::string& message() const { return message_; }

  tl::unexpected<Error> during(std::string_view what) && {
    message_ = fmt::format("{}: {}", what, message_);
    return tl::unexpected<Error>(std::move(*this));
  }
  tl::unexpected<Error> pass() && { return tl::unexpected<Error>(std::move(*this)); }

 private:
  Errc kind_;
  std::string message_;
};

template <class T>
using Expected = tl::expected<T, Error>;
using Status = Expected<void>;

template <class... Args>
tl::unexpected<Error> fail(Errc kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error(kind, fmt::format(format, std::forward<Args>(args)...)));
}

}  // namespace curlew::assist
