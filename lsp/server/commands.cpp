#include "lsp/server/commands.h"

namespace curlew::server {

using protocol::Json;

namespace {

constexpr const char* kEdit = "curlew.edit";  // long: these go on in the work lane
constexpr const char* kRepair = "curlew.repair";

}  // namespace

const CommandsFeature::Row CommandsFeature::kCommands[4] = {
    {"curlew.accepted", &CommandsFeature::accepted},
    {"curlew.status", &CommandsFeature::status},
    {"curlew.reindex", &CommandsFeature::reindex},
    {"curlew.pause", &CommandsFeature::pause},
};

void CommandsFeature::bind(Binder& bind, Json& capabilities) {
  Json names = Json::array();
  for (const Row& row : kCommands) names.push_back(row.name);
  for (const char* name : {kEdit, kRepair}) names.push_back(name);
  capabilities["executeCommandProvider"] = {{"commands", std::move(names)}};
  bind.method("workspace/executeCommand", Lane::kQuery, this, &CommandsFeature::execute);
}

void CommandsFeature::execute(const protocol::ExecuteCommandParams& params, const Call& call,
                              Reply<Json> reply) {
  if (params.command == kRepair || params.command == kEdit) {
    const bool taken = state_.scheduler.go_on(Lane::kWork, [=, this] {
      params.command == kEdit ? code_actions_.edit_command(params.arguments, call, reply)
                              : code_actions_.repair_command(params.arguments, call, reply);
    });
    if (!taken) reply(fail(Errc::kUnavailable, "busy: too many repairs and edits wait already"));
    return;
  }
  for (const Row& row : kCommands)
    if (params.command == row.name) return reply((this->*row.run)(params.arguments));
  reply(fail(Errc::kInvalidInput, "unknown command '{}'", params.command));
}

Expected<Json> CommandsFeature::accepted(const Arguments& arguments) {
  if (arguments.empty() || !arguments[0].is_string())
    return fail(Errc::kInvalidInput, "curlew.accepted: expected the suggestion's id");
  const std::string& id = arguments[0].get_ref<const std::string&>();
  if (!next_edit_.note_accepted(id)) completer_.note_accepted(id);
  return Json();
}

Expected<Json> CommandsFeature::status(const Arguments&) {
  return status_.status();
}

Expected<Json> CommandsFeature::reindex(const Arguments&) {
  for (const auto& workspace : state_.workspaces.all()) state_.services.update(workspace);
  return Json();
}

Expected<Json> CommandsFeature::pause(const Arguments& arguments) {
  if (!arguments.empty() && !arguments[0].is_boolean())
    return fail(Errc::kInvalidInput, "curlew.pause: expected true, false or nothing");
  const bool paused = arguments.empty() ? !state_.progress->is_paused() : arguments[0].get<bool>();
  state_.progress->set_paused(paused);
  return Json{{"paused", paused}};
}

}  // namespace curlew::server
