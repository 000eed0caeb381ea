#include "lsp/server/error_code.h"

namespace curlew::server {

using protocol::RpcCode;

RpcCode rpc_code(Errc kind) {
  switch (kind) {
    case Errc::kInvalidInput:
      return RpcCode::kInvalidParams;
    case Errc::kNotFound:
    case Errc::kUnavailable:
      return RpcCode::kRequestFailed;  // well-formed, and still not possible (LSP 3.17)
    case Errc::kCancelled:
      return RpcCode::kRequestCancelled;
    case Errc::kInternal:
      return RpcCode::kInternalError;
  }
  return RpcCode::kInternalError;
}

}  // namespace curlew::server
