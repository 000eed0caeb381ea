#include "lsp/server/code_actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "lsp/server/workspace_edit.h"

namespace curlew::server {

using assist::DocumentRepair;
using protocol::CodeActionParams;
using protocol::CodeActionResolveParams;
using protocol::Diagnostic;
using protocol::Json;

namespace {

constexpr const char* kQuickFix = "quickfix";
constexpr const char* kFixAll = "source.fixAll.curlew";
constexpr const char* kRewrite = "refactor.rewrite";
constexpr const char* kOwnSource = "curlew";

// A client that names kinds wants these and what is below them.
bool is_wanted(const CodeActionParams& params, std::string_view kind) {
  if (!params.context.only) return kind != kFixAll;  // not in every light bulb
  for (const std::string& wanted : *params.context.only)
    if (wanted.empty() || kind == wanted || kind.starts_with(wanted + ".")) return true;
  return false;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// Of a change that stands in other files only, where it is: nobody sees it here.
std::string elsewhere(const Snapshot& document, const DocumentRepair& repair) {
  if (repair.after.contains(document.place().path)) return "";
  const auto& [path, now] = *repair.after.begin();
  const auto before = repair.before.find(path);
  if (before == repair.before.end()) return fmt::format(" ({})", path);
  const std::string& was = before->second;
  const auto differs =
      std::mismatch(was.begin(), was.end(), now.begin(), now.end()).first - was.begin();
  const auto line = std::count(was.begin(), was.begin() + differs, '\n') + 1;
  return fmt::format(" ({}:{})", path, line);
}

std::string checked_how(const DocumentRepair& repair) {
  return repair.verified ? "checked: " + repair.check : repair.reason;
}

}  // namespace

void CodeActionFeature::bind(Binder& bind, Json& capabilities) {
  capabilities["codeActionProvider"] = {{"codeActionKinds", {kQuickFix, kRewrite, kFixAll}},
                                        {"resolveProvider", true}};
  bind.method("textDocument/codeAction", Lane::kQuery, this, &CodeActionFeature::offer,
              Freshness::kLatestOnly);
  bind.method("codeAction/resolve", Lane::kWork, this, &CodeActionFeature::resolve,
              Freshness::kLatestOnly);
  bind.notification("curlew/didChangeDiagnostics", &repairer_, &Repairer::diagnostics_changed);
}

void CodeActionFeature::offer(const CodeActionParams& params, const Call& call, Reply<Json> reply) {
  Json actions = Json::array();
  if (!call.document || !call.document->place().workspace ||
      !state_.client.features().code_action_literals)
    return reply(std::move(actions));
  const Snapshot& document = *call.document;
  if (is_wanted(params, kQuickFix)) {
    std::size_t offered = 0;
    Complaints complaints = params.context.diagnostics;
    if (complaints.empty()) complaints = repairer_.reported(document, params.range);
    for (const Diagnostic& complaint : complaints) {
      if (complaint.source == kOwnSource || offered == kComplaintsOffered) continue;
      if (call.stop.stop_requested()) return reply(fail(Errc::kCancelled, "cancelled"));
      Json action = quick_fix(document, complaint);
      if (action.is_null()) continue;
      actions.push_back(std::move(action));
      ++offered;
    }
  }
  const bool is_selection = params.range.start != params.range.end;
  if (is_wanted(params, kRewrite) && is_selection && state_.client.features().asks_for_instruction)
    actions.push_back(
        {{"title", "Curlew: edit the selection…"},
         {"kind", kRewrite},
         {"command", protocol::Command{"Edit", "curlew.askAndEdit",
                                       Json::array({document.uri(), params.range})}}});
  if (is_wanted(params, kFixAll))
    actions.push_back(
        unresolved(document, "Curlew: repair what can be checked in this file", kFixAll, {}));
  reply(std::move(actions));
}

// Null when there is nothing to try.
Json CodeActionFeature::quick_fix(const Snapshot& document, const Diagnostic& complaint) {
  if (const auto known = repairer_.known(document, complaint)) {
    if (!known->found()) return Json();
    // Not where a file that it changes has become another one: then it is made anew.
    if (Expected<Json> edit = edit_of(document, *known)) {
      Json action =
          unresolved(document, "Curlew: " + shortened(known->why) + elsewhere(document, *known),
                     kQuickFix, {complaint});
      action["edit"] = std::move(*edit);
      action["isPreferred"] = known->verified;
      action.erase("command");
      return action;
    }
  }
  if (!repairer_.is_promising(document, complaint)) return Json();
  return unresolved(document, "Curlew: repair “" + shortened(first_line(complaint.message)) + "”",
                    kQuickFix, {complaint});
}

Json CodeActionFeature::unresolved(const Snapshot& document, std::string title,
                                   const std::string& kind, const Complaints& complaints) const {
  Json diagnostics = Json::array();
  for (const Diagnostic& complaint : complaints) diagnostics.push_back(complaint.json);
  Json action{{"title", title}, {"kind", kind}};
  if (!diagnostics.empty()) action["diagnostics"] = diagnostics;
  if (state_.client.features().resolves_edits)
    action["data"] = {{"uri", document.uri()},
                      {"version", document.version()},
                      {"kind", kind},
                      {"diagnostics", std::move(diagnostics)}};
  else
    action["command"] = protocol::Command{std::move(title), "curlew.repair",
                                          Json::array({document.uri(), std::move(diagnostics)})};
  return action;
}

void CodeActionFeature::resolve(const CodeActionResolveParams& params, const Call& call,
                                Reply<Json> reply) {
  const Expected<const Snapshot*> document = required(call.document);
  if (!document) return reply(tl::unexpected<Error>(document.error()));
  if ((*document)->version() != params.version)
    return reply(fail(Errc::kCancelled, "the document has changed since the action was offered"));
  Json action = params.action;
  if (action.contains("edit")) return reply(std::move(action));
  Expected<DocumentRepair> repair =
      repairer_.repair(call.document, params.diagnostics, Consent::kAsk, call.stop);
  if (!repair) return reply(std::move(repair.error()).during("repair"));
  // Fixing all is for saving and for scripts: nobody looks at what it does.
  const bool is_shown = repair->found() && (repair->verified || params.kind != kFixAll);
  if (!is_shown) {
    if (params.kind != kFixAll) tell_not_repaired(*repair);
    return reply(std::move(action));
  }
  Expected<Json> edit = edit_of(**document, *repair);
  if (!edit) return reply(std::move(edit.error()).pass());
  action["edit"] = std::move(*edit);
  if (repair->verified) action["isPreferred"] = true;
  reply(std::move(action));
}

Expected<Json> CodeActionFeature::edit_of(const Snapshot& document,
                                          const DocumentRepair& repair) const {
  return workspace_edit(
      state_, *document.place().workspace, repair.before, repair.after,
      {.label = "Curlew: " + shortened(repair.why), .description = checked_how(repair)});
}

void CodeActionFeature::tell_not_repaired(const DocumentRepair& repair) {
  state_.client.notify("window/showMessage",
                       {{"type", static_cast<int>(protocol::MessageType::kInfo)},
                        {"message", "Curlew: not repaired: " + repair.reason}});
}

void CodeActionFeature::repair_command(const std::vector<Json>& arguments, const Call& call,
                                       Reply<Json> reply) {
  if (arguments.empty() || !arguments[0].is_string())
    return reply(fail(Errc::kInvalidInput, "curlew.repair: expected the document's URI"));
  Complaints complaints;
  std::string error;
  if (arguments.size() > 1 &&
      !from_json(arguments[1], complaints, protocol::Path("arguments[1]", error)))
    return reply(fail(Errc::kInvalidInput, "curlew.repair: {}", error));
  const DocumentPtr document = state_.documents.find(arguments[0].get<std::string>());
  Expected<DocumentRepair> repair =
      repairer_.repair(document, complaints, Consent::kAsk, call.stop);
  if (!repair) return reply(std::move(repair.error()).during("curlew.repair"));
  Json answer{{"found", repair->found()}, {"verified", repair->verified}, {"applied", false},
              {"why", repair->why},       {"reason", repair->reason},     {"check", repair->check}};
  if (!repair->found()) {
    tell_not_repaired(*repair);
    return reply(std::move(answer));
  }
  Expected<Json> edit = edit_of(*document, *repair);
  if (!edit) return reply(std::move(edit.error()).pass());
  answer["edit"] = std::move(*edit);
  apply(std::move(answer), reply);
}

// The answer's edit goes to the client, with `why` for its undo list.
void CodeActionFeature::apply(Json answer, Reply<Json> reply) {
  if (!state_.client.features().apply_edit) return reply(std::move(answer));
  Json params{{"label", "Curlew: " + shortened(answer["why"])}, {"edit", answer["edit"]}};
  answer.erase("edit");
  state_.client.request("workspace/applyEdit", std::move(params),
                        [reply, answer](std::optional<Json> result) mutable {
                          answer["applied"] =
                              result && protocol::at_path(*result, {"applied"}) == true;
                          reply(std::move(answer));
                        });
}

// --- Edits asked for in words -------------------------------------------------------------------

void CodeActionFeature::edit_command(const std::vector<Json>& arguments, const Call& call,
                                     Reply<Json> reply) {
  EditAsked asked;
  std::string error;
  if (arguments.size() < 3 || !arguments[0].is_string() || !arguments[2].is_string())
    return reply(
        fail(Errc::kInvalidInput, "curlew.edit: expected a URI, a range and an instruction"));
  if (!from_json(arguments[1], asked.range, protocol::Path("arguments[1]", error)))
    return reply(fail(Errc::kInvalidInput, "curlew.edit: {}", error));
  asked.document = state_.documents.find(arguments[0].get<std::string>());
  asked.instruction = arguments[2].get<std::string>();
  asked.follow = arguments.size() > 3 && protocol::at_path(arguments[3], {"follow"}) == true;
  Expected<Json> answer = instructed_edits_.make(asked, call.stop);
  if (!answer) return reply(std::move(answer.error()).during("curlew.edit"));
  if (!answer->contains("edit")) return reply(std::move(*answer));
  apply(std::move(*answer), reply);
}

}  // namespace curlew::server
