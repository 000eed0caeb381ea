-- Asks for a suggestion after a pause in typing, shows it, follows the typing, accepts it.
--
-- One suggestion and one request at a time, for the current buffer. Before a new request the old one
-- is cancelled; an answer is dropped when the text or the cursor is not where it was asked for.

local client_module = require('curlew.client')
local compat = require('curlew.compat')
local config = require('curlew.config')
local ghost = require('curlew.ghost')
local offsets = require('curlew.offsets')
local status = require('curlew.status')
local suggestion = require('curlew.suggestion')

local M = {}

local trigger_invoked, trigger_automatic = 1, 2 -- LSP InlineCompletionTriggerKind

---@class curlew.Place
---@field buf integer
---@field tick integer  changedtick
---@field row integer
---@field col integer

---@class curlew.Pending
---@field client curlew.LspClient
---@field id integer?

local state = {
  current = nil, ---@type curlew.Suggestion?
  buf = nil, ---@type integer?  where `current` is painted
  seen = nil, ---@type curlew.Place?  the last place that was handled
  pending = nil, ---@type curlew.Pending?
  timer = compat.uv.new_timer(),
}

---@return curlew.Place
local function here()
  local buf = vim.api.nvim_get_current_buf()
  local cursor = vim.api.nvim_win_get_cursor(0)
  return { buf = buf, tick = vim.api.nvim_buf_get_changedtick(buf), row = cursor[1] - 1, col = cursor[2] }
end

---@param a curlew.Place?
---@param b curlew.Place
local function same(a, b)
  return a ~= nil and a.buf == b.buf and a.tick == b.tick and a.row == b.row and a.col == b.col
end

local function in_insert_mode()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == 'i'
end

local function line_at(place)
  return vim.api.nvim_buf_get_lines(place.buf, place.row, place.row + 1, false)[1] or ''
end

local function cancel_pending()
  state.timer:stop()
  local pending = state.pending
  state.pending = nil
  if pending and pending.id then
    compat.cancel(pending.client, pending.id)
    status.request_ended()
  end
end

local function hide()
  if state.buf then
    ghost.clear(state.buf)
  end
  state.current, state.buf = nil, nil
end

--- Throws the suggestion away, and the request for one.
function M.clear()
  cancel_pending()
  hide()
end

---@return boolean
function M.visible()
  return state.current ~= nil
end

---@param client curlew.LspClient
---@param place curlew.Place
---@param result any
local function on_answer(client, place, result)
  if not in_insert_mode() or not same(place, here()) then
    return -- typed on since; the next answer is ours
  end
  if not result or result == vim.NIL then
    return -- superseded: what is shown stays
  end
  local item = (result.items or result)[1]
  local new = item and suggestion.from_item(item, place.row, line_at(place), place.col, client)
  hide()
  if new then
    state.current, state.buf = new, place.buf
    ghost.show(place.buf, new)
    compat.notify(client, 'textDocument/didShowCompletion', { item = item })
  end
end

---@param kind integer
local function ask(kind)
  cancel_pending()
  local place = here()
  local client = client_module.of_buffer(place.buf)
  if not client or not in_insert_mode() or vim.fn.pumvisible() == 1 then
    return
  end
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(place.buf), version = place.tick },
    position = {
      line = place.row,
      character = offsets.to_units(line_at(place), place.col, client.offset_encoding),
    },
    context = { triggerKind = kind },
  }
  local pending = { client = client } ---@type curlew.Pending
  state.pending = pending
  status.request_began()
  pending.id = compat.request(client, 'textDocument/inlineCompletion', params, function(err, result)
    if state.pending ~= pending then
      return -- cancelled, and counted as ended, when the next was asked for
    end
    state.pending = nil
    status.request_ended()
    if not err then
      on_answer(client, place, result)
    end
  end, place.buf)
  if not pending.id then
    state.pending = nil
    status.request_ended()
  end
end

--- Something was typed or the cursor moved in insert mode.
function M.on_change()
  local place = here()
  if same(state.seen, place) then
    return -- CursorMovedI and TextChangedI tell of the same key
  end
  state.seen = place
  if state.current then
    if state.buf == place.buf and suggestion.follow(state.current, place.row, line_at(place), place.col) then
      ghost.show(place.buf, state.current)
    else
      hide()
    end
  end
  cancel_pending()
  if config.options.auto_trigger and client_module.of_buffer(place.buf) then
    state.timer:start(config.options.debounce_ms, 0, vim.schedule_wrap(function()
      ask(trigger_automatic)
    end))
  end
end

--- Asks now, because the user wants it.
function M.trigger()
  ask(trigger_invoked)
end

--- Inserts `text` at the cursor in place of `replaces` bytes behind it; the cursor goes to its end.
---@param place curlew.Place
local function insert(place, text, replaces)
  vim.o.undolevels = vim.o.undolevels -- what was typed and what was accepted are undone separately
  local lines = vim.split(text, '\n', { plain = true })
  vim.api.nvim_buf_set_text(place.buf, place.row, place.col, place.row, place.col + replaces, lines)
  local col = #lines[#lines] + (#lines == 1 and place.col or 0)
  vim.api.nvim_win_set_cursor(0, { place.row + #lines, col })
end

---@param client curlew.LspClient
---@param s curlew.Suggestion
local function report(client, s, part)
  if s.text == '' then
    client_module.run_command(client, s.item.command)
  elseif part ~= '' then
    local length = offsets.to_units(s.taken, #s.taken, 'utf-16')
    local told = { item = s.item, acceptedLength = length }
    compat.notify(client, 'textDocument/didPartiallyAcceptCompletion', told)
  end
end

--- Accepts the suggestion or its next part. Does nothing when there is none.
---@param part curlew.Part
function M.accept(part)
  local s, place = state.current, here()
  if not s or state.buf ~= place.buf or place.row ~= s.row or place.col ~= s.col then
    return
  end
  cancel_pending()
  local text = suggestion.part(s, part)
  local whole = #text == #s.text
  insert(place, text, whole and s.replaces or 0)
  s.text, s.taken = s.text:sub(#text + 1), s.taken .. text
  local now = here()
  state.seen = now
  s.row, s.col, s.before = now.row, now.col, line_at(now):sub(1, now.col)
  if whole then
    hide()
    state.seen = nil -- the next suggestion may follow at once
  else
    ghost.show(place.buf, s)
  end
  local client = client_module.by_id(s.client_id)
  if client then
    report(client, s, text)
  end
end

---@param augroup integer
function M.setup(augroup)
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = augroup, callback = callback })
  end
  on({ 'InsertEnter', 'TextChangedI', 'CursorMovedI' }, M.on_change)
  on({ 'TextChangedP', 'InsertLeave', 'BufLeave' }, function()
    state.seen = nil
    M.clear()
  end)
end

return M
