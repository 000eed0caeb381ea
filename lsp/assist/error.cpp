#include "lsp/assist/error.h"

namespace curlew::assist {
namespace {

Errc kind_of(model::Errc kind) {
  switch (kind) {
    case model::Errc::kInvalidInput:
      return Errc::kInvalidInput;
    case model::Errc::kNotFound:
      return Errc::kNotFound;
    case model::Errc::kUnsupported:
    case model::Errc::kOutOfMemory:
    case model::Errc::kRemote:
    case model::Errc::kCorrupt:
    case model::Errc::kIo:
      return Errc::kUnavailable;
    case model::Errc::kCancelled:
      return Errc::kCancelled;
    case model::Errc::kInternal:
      break;
  }
  return Errc::kInternal;
}

Errc kind_of(indexer::Errc kind) {
  switch (kind) {
    case indexer::Errc::kInvalidInput:
      return Errc::kInvalidInput;
    case indexer::Errc::kNotFound:
      return Errc::kNotFound;
    case indexer::Errc::kCorrupt:
    case indexer::Errc::kIo:
      return Errc::kUnavailable;
    case indexer::Errc::kCancelled:
      return Errc::kCancelled;
    case indexer::Errc::kInternal:
      break;
  }
  return Errc::kInternal;
}

}  // namespace

Error::Error(model::Error error) : kind_(kind_of(error.kind())), message_(error.message()) {}
Error::Error(indexer::Error error) : kind_(kind_of(error.kind())), message_(error.message()) {}

}  // namespace curlew::assist
