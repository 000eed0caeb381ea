// The only place where an Error becomes a code of the protocol.
#pragma once

#include "lsp/assist/error.h"
#include "lsp/protocol/rpc.h"

namespace curlew::server {

using assist::Errc;
using assist::Error;
using assist::Expected;
using assist::fail;
using assist::Status;

protocol::RpcCode rpc_code(Errc kind);

}  // namespace curlew::server
