#include "lsp/server/code_actions.h"

#include "lsp/assist/check/check_edit.h"
#include "lsp/assist/edit/instructed_edit.h"
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
constexpr std::size_t kTitleBytesMax = 80;

// A client that names kinds wants these and what is below them.
bool is_wanted(const CodeActionParams& params, std::string_view kind) {
  if (!params.context.only) return kind != kFixAll;  // not in every light bulb
  for (const std::string& wanted : *params.context.only)
    if (wanted.empty() || kind == wanted || kind.starts_with(wanted + ".")) return true;
  return false;
}

// Cut at a character's start.
std::string shortened(const std::string& text) {
  if (text.size() <= kTitleBytesMax) return text;
  std::size_t end = kTitleBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
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
      Expected<Json> action = quick_fix(document, complaint);
      if (!action) return reply(std::move(action.error()).pass());
      if (action->is_null()) continue;
      actions.push_back(std::move(*action));
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
Expected<Json> CodeActionFeature::quick_fix(const Snapshot& document, const Diagnostic& complaint) {
  if (const auto known = repairer_.known(document, complaint)) {
    if (!known->found()) return Json();
    Json action = unresolved(document, "Curlew: " + shortened(known->why), kQuickFix, {complaint});
    Expected<Json> edit = edit_of(document, *known);
    if (!edit) return edit;
    action["edit"] = std::move(*edit);
    action["isPreferred"] = known->verified;
    action.erase("command");
    return action;
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
  protocol::Range range;
  std::string error;
  if (arguments.size() != 3 || !arguments[0].is_string() || !arguments[2].is_string())
    return reply(
        fail(Errc::kInvalidInput, "curlew.edit: expected a URI, a range and an instruction"));
  if (!from_json(arguments[1], range, protocol::Path("arguments[1]", error)))
    return reply(fail(Errc::kInvalidInput, "curlew.edit: {}", error));
  Expected<Json> answer = edited(state_.documents.find(arguments[0].get<std::string>()), range,
                                 arguments[2].get<std::string>(), call.stop);
  if (!answer) return reply(std::move(answer.error()).during("curlew.edit"));
  if (!answer->contains("edit")) return reply(std::move(*answer));
  apply(std::move(*answer), reply);
}

Expected<Json> CodeActionFeature::edited(const DocumentPtr& document, const protocol::Range& range,
                                         const std::string& instruction, std::stop_token stop) {
  const Expected<const Snapshot*> open = required(document);
  if (!open) return tl::unexpected<Error>(open.error());
  const auto start = document->offset_at(range.start), end = document->offset_at(range.end);
  if (!start || !end) return tl::unexpected<Error>((start ? end : start).error());
  const std::shared_ptr<model::Generator> generator = state_.services.generator();
  const std::shared_ptr<Workspace>& workspace = document->place().workspace;
  if (!workspace)
    return fail(Errc::kInvalidInput, "{}: expected a file in a workspace folder", document->uri());
  assist::InstructedEditRequest request{.path = document->place().path, .text = document->text()};
  request.start = *start;
  request.end = *end;
  request.instruction = instruction;
  const auto edit = assist::instructed_edit(
      {.index = workspace->index(), .generator = generator.get()}, request, stop);
  if (!edit) return tl::unexpected<Error>(edit.error());
  Json answer{{"found", !edit->edits.empty()},
              {"applied", false},
              {"parse", true},
              {"checked", Json()},
              {"check", ""},
              {"why", edit->why},
              {"attempts", edit->attempts}};
  if (edit->edits.empty()) return answer;
  const assist::Changes before{{request.path, document->text()}},
      after{{request.path, edit->after}};
  auto check = repairer_.allowed_check(document, Consent::kDoNotAsk, stop);
  if (!check) return std::move(check.error()).pass();
  answer["check"] = check->command ? check->command->title : check->why_not;
  if (check->command) {
    const auto checked = assist::check_edit(workspace->root(), *check->command,
                                            repairer_.buffers_around(document), after, stop);
    if (checked) answer["checked"] = checked->passed;
    if (!checked && checked.error().kind() == Errc::kCancelled)
      return tl::unexpected<Error>(checked.error());
  }
  const bool is_doubtful = answer["checked"] == false;
  auto made = workspace_edit(state_, *workspace, before, after,
                             {.label = "Curlew: " + shortened(instruction),
                              .description = is_doubtful ? "the file's check complains of it"
                                                         : answer["check"].get<std::string>(),
                              .needs_confirmation = is_doubtful});
  if (!made) return std::move(made.error()).pass();
  answer["edit"] = std::move(*made);
  return answer;
}

}  // namespace curlew::server
