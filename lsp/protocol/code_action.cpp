#include "lsp/protocol/code_action.h"

namespace curlew::protocol {

bool from_json(const Json& json, DiagnosticRelatedInformation& out, const Path& path) {
  Fields fields(json, path);
  Json location;
  if (!fields.required("location", location) || !fields.required("message", out.message))
    return false;
  const Path where = path.field("location");
  Fields place(location, where);
  return place.required("uri", out.uri) && place.required("range", out.range);
}

bool from_json(const Json& json, Diagnostic& out, const Path& path) {
  Fields fields(json, path);
  out.json = json;
  Json code;
  if (!fields.required("range", out.range) || !fields.required("message", out.message) ||
      !fields.optional("severity", out.severity) || !fields.optional("code", code) ||
      !fields.optional("source", out.source) ||
      !fields.optional("relatedInformation", out.relatedInformation))
    return false;
  if (code.is_string()) out.code = code.get<std::string>();
  if (code.is_number_integer()) out.code = code.dump();
  return true;
}

bool from_json(const Json& json, CodeActionContext& out, const Path& path) {
  Fields fields(json, path);
  return fields.optional("diagnostics", out.diagnostics) && fields.optional("only", out.only);
}

bool from_json(const Json& json, CodeActionParams& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("textDocument", out.textDocument) && fields.required("range", out.range) &&
         fields.optional("context", out.context);
}

bool from_json(const Json& json, CodeActionResolveParams& out, const Path& path) {
  Json data;
  if (!Fields(json, path).required("data", data)) return false;
  const Path where = path.field("data");
  Fields fields(data, where);
  out.action = json;
  return fields.required("uri", out.textDocument.uri) && fields.required("version", out.version) &&
         fields.required("kind", out.kind) && fields.optional("diagnostics", out.diagnostics);
}

bool from_json(const Json& json, DidChangeDiagnosticsParams& out, const Path& path) {
  Fields fields(json, path);
  return fields.required("textDocument", out.textDocument) &&
         fields.required("diagnostics", out.diagnostics);
}

}  // namespace curlew::protocol
