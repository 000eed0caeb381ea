-- What the server does, for a status line and for :Curlew status. Tells of changes by the
-- autocommand event `User CurlewStatus`.

local M = {}

---@alias curlew.State 'off'|'starting'|'running'|'stopped'

M.state = 'off' ---@type curlew.State
M.error = nil ---@type string?  why it stopped
M.warning = nil ---@type string?  what the server cannot do now, such as a model that did not load
M.paused = false

local work = {} ---@type table<string|integer, {title: string, percentage: integer?}>
local requests = 0

local function changed()
  vim.api.nvim_exec_autocmds('User', { pattern = 'CurlewStatus', modeline = false })
end

---@param state curlew.State
---@param error? string
local function enter(state, error)
  M.state, M.error = state, error
  work, requests = {}, 0
  changed()
end

function M.starting()
  if M.state ~= 'running' then
    enter('starting')
  end
end

function M.running()
  M.paused, M.warning = false, nil
  enter('running')
end

--- It was stopped because the user wants it so.
function M.off()
  enter('off')
end

---@param error string
function M.stopped(error)
  enter('stopped', error)
end

--- A `$/progress` notification's params.
function M.progress(params)
  local value = params.value
  if type(value) ~= 'table' then
    return
  end
  local known = work[params.token]
  if value.kind == 'end' then
    work[params.token] = nil
  elseif value.kind == 'begin' or known then
    work[params.token] = { title = value.title or known.title, percentage = value.percentage }
  end
  changed()
end

function M.request_began()
  requests = requests + 1
  changed()
end

function M.request_ended()
  requests = math.max(0, requests - 1)
  changed()
end

--- A `didChangeStatus` notification's params.
---@param params {kind?: string, message?: string}
function M.server_says(params)
  M.paused = params.kind == 'Inactive'
  M.warning = (params.kind == 'Warning' or params.kind == 'Error') and params.message or nil
  changed()
end

--- One word or two for a status line, such as "indexing 40%" or "ready".
---@return string
function M.text()
  if M.state ~= 'running' then
    return M.state == 'stopped' and 'error' or M.state
  end
  local _, first = next(work)
  if first then
    local percentage = first.percentage and (' %d%%'):format(first.percentage) or ''
    return first.title:lower() .. percentage
  end
  if M.paused then
    return 'paused'
  end
  if M.warning then
    return 'warning'
  end
  return requests > 0 and 'busy' or 'ready'
end

return M
