-- :Curlew status | restart | pause | context | reindex | repair | [range] edit INSTRUCTION

local client_module = require('curlew.client')
local compat = require('curlew.compat')
local status = require('curlew.status')

local M = {}

---@param message string
local function complain(message)
  vim.notify('curlew: ' .. message, vim.log.levels.ERROR)
end

---@param method string
---@param params table
---@param on_result fun(result: any)
local function ask_server(method, params, on_result)
  local client = client_module.of_buffer(0) or compat.clients()[1]
  if not client then
    complain('the server is not running')
    return
  end
  compat.request(client, method, params, function(err, result)
    if err then
      complain(tostring(err.message))
    else
      on_result(result)
    end
  end, 0)
end

---@param command string
---@param arguments any[]
local function execute(command, arguments)
  local params = { command = command, arguments = arguments }
  ask_server('workspace/executeCommand', params, function() end)
end

--- What a server tells about itself, a line each.
---@param told table  answer to `curlew/status`
---@return string[]
local function describe(told)
  local lines = {}
  local model = told.model or {}
  if model.name then
    table.insert(lines, ('model: %s %s (%s)'):format(model.name, model.device or '', model.state or '?'))
  end
  for _, index in ipairs(told.index or {}) do
    table.insert(lines, ('index: %s, %d files, %d symbols (%s)'):format(
      index.root or '?', index.files or 0, index.symbols or 0, index.state or '?'))
  end
  local last = (told.completion or {}).last
  if type(last) == 'table' then
    local ms = (last.timings or {}).total_ms or 0
    table.insert(lines, ('last completion: by %s in %.1f ms, %d prompt tokens, %d from the cache'):format(
      last.source or '?', ms, last.prompt_tokens or 0, last.cached_tokens or 0))
  end
  return lines
end

local function show_status()
  local lines = { 'curlew: ' .. status.text() }
  vim.list_extend(lines, { status.error, status.warning })
  if status.state ~= 'running' then
    vim.notify(table.concat(lines, '\n'))
    return
  end
  ask_server('curlew/status', vim.empty_dict(), function(told)
    vim.list_extend(lines, describe(told))
    vim.notify(table.concat(lines, '\n'))
  end)
end

--- Lines of the current buffer, as a range whose ends need no counting of characters.
---@param first integer  from 1
---@param last integer
local function line_range(first, last)
  return { start = { line = first - 1, character = 0 }, ['end'] = { line = last, character = 0 } }
end

---@param uri string
---@param range table
---@param instruction? string  nil: the user is asked
local function edit(uri, range, instruction)
  if not instruction or instruction == '' then
    vim.ui.input({ prompt = 'Curlew, edit: ' }, function(said)
      if said and said ~= '' then
        edit(uri, range, said)
      end
    end)
    return
  end
  local params = { command = 'curlew.edit', arguments = { uri, range, instruction } }
  ask_server('workspace/executeCommand', params, function(answer)
    if not answer.found then
      vim.notify('curlew: nothing to change')
    elseif answer.checked == false then
      vim.notify(('curlew: %s complains of the edit'):format(answer.check), vim.log.levels.WARN)
    end
  end)
end

local function repair()
  local params = { command = 'curlew.repair', arguments = { vim.uri_from_bufnr(0) } }
  ask_server('workspace/executeCommand', params, function(answer)
    if answer.found then -- else the server has said why not
      vim.notify(('curlew: %s (%s)'):format(answer.why,
        answer.verified and 'checked: ' .. answer.check or answer.reason))
    end
  end)
end

local commands = {
  status = show_status,
  restart = client_module.restart,
  pause = function()
    execute('curlew.pause', { not status.paused }) -- the server tells when it is so
  end,
  context = function()
    ask_server('curlew/status', vim.empty_dict(), require('curlew.context').open)
  end,
  reindex = function()
    execute('curlew.reindex', {})
  end,
  repair = repair,
  edit = true, -- M.run: it takes lines and words
}

--- The code action `refactor.rewrite`, which leaves the asking to the editor.
function M.setup()
  vim.lsp.commands['curlew.askAndEdit'] = function(command)
    edit(command.arguments[1], command.arguments[2])
  end
end

---@param name string  and what stands behind it
---@param first? integer  lines that were named, from 1
---@param last? integer
function M.run(name, first, last)
  local rest ---@type string
  name, rest = name:match('^(%S*)%s*(.*)$')
  if name == 'edit' then
    first = first or vim.api.nvim_win_get_cursor(0)[1]
    edit(vim.uri_from_bufnr(0), line_range(first, last or first), rest)
    return
  end
  local command = commands[name == '' and 'status' or name]
  if command then
    command()
  else
    complain(('no command %q; there are %s'):format(name, table.concat(M.complete(''), ', ')))
  end
end

---@param lead string
---@return string[]
function M.complete(lead)
  local names = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(commands))
  table.sort(names)
  return names
end

return M
