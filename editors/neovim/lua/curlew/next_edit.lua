-- The next edit: asked for when an edit has come to rest, shown where it would be made, and made at a
-- key. `curlew/nextEdit`, see docs/protocol.md and docs/next_edit.md.
--
-- One offer at a time. It holds for the texts as they were when it was made: any change of a text
-- throws it away, and before it is made the buffer's version is compared once more. A file that is
-- not open has no version: it is opened and the server asked again, so that nothing is ever made by
-- what stood on the disk.

local client_module = require('curlew.client')
local compat = require('curlew.compat')
local config = require('curlew.config')
local offsets = require('curlew.offsets')
local status = require('curlew.status')
local view = require('curlew.next_edit_view')

local M = {}

-- The server takes a name that may go on for half typed until the last key is 2.5 s old.
local settled_ms = 2600

---@class curlew.NextEdit
---@field id string
---@field client curlew.LspClient
---@field from integer  the buffer where it was asked for
---@field uri string
---@field version integer?  nil: the file was not open
---@field edits table[]  LSP TextEdits of one place
---@field row integer  of the place, from 0
---@field end_row integer
---@field why string

local state = {
  offer = nil, ---@type curlew.NextEdit?
  pending = nil, ---@type {client: curlew.LspClient, id: integer?}?
  seen = {}, ---@type table<integer, integer>  buffer -> version that was handled
  timer = compat.uv.new_timer(),
}

---@param uri string
---@return integer?  the loaded buffer that holds the file
local function buffer_of(uri)
  local file = vim.uri_to_fname(uri)
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buf) and vim.api.nvim_buf_get_name(buf) == file then
      return buf
    end
  end
end

local function cancel_pending()
  state.timer:stop()
  local pending = state.pending
  state.pending = nil
  if pending and pending.id then
    compat.cancel(pending.client, pending.id)
  end
end

local function forget()
  state.offer = nil
  view.clear()
end

--- Throws the offer away, and the request for one.
function M.clear()
  cancel_pending()
  forget()
end

---@param offer curlew.NextEdit
---@return integer?  nil when the text is no longer the one that the offer was made for
local function buffer_to_edit(offer)
  local buf = buffer_of(offer.uri)
  return buf and offer.version and compat.version(buf) == offer.version and buf or nil
end

---@param offer curlew.NextEdit
---@param buf integer
---@return curlew.PlainEdit[]
local function plain_edits(offer, buf)
  local function byte(at)
    local line = vim.api.nvim_buf_get_lines(buf, at.line, at.line + 1, false)[1] or ''
    return offsets.to_byte(line, at.character, offer.client.offset_encoding)
  end
  return vim.tbl_map(function(edit)
    local from, to = edit.range.start, edit.range['end']
    return {
      row = from.line,
      col = byte(from),
      end_row = to.line,
      end_col = byte(to),
      text = edit.newText:gsub('\r\n', '\n'),
    }
  end, offer.edits)
end

---@param text string
---@return string
local function with_key(text)
  local key = config.options.keymaps.next_edit
  return key and ('%s: %s'):format(key, text) or text
end

local function render()
  view.clear()
  local offer = state.offer
  if not offer then
    return
  end
  local buf = buffer_to_edit(offer)
  if buf then
    view.show(buf, plain_edits(offer, buf), with_key(offer.why))
  end
  local here = vim.api.nvim_get_current_buf()
  local is_concerned = here == offer.from or here == buf -- nothing is said of it in a third file
  if is_concerned and not (buf and view.is_in_window(buf, offer.row, offer.end_row)) then
    local file = buf == here and 'line ' or vim.fn.fnamemodify(vim.uri_to_fname(offer.uri), ':.') .. ':'
    view.hint(with_key(('next edit at %s%d'):format(file, offer.row + 1)))
  end
end

---@param answer table
---@param client curlew.LspClient
---@param from integer
---@return curlew.NextEdit
local function offer_of(answer, client, from)
  local document, edits = answer.edit.textDocument, answer.edit.edits
  local why = answer.why
  if #answer.more > 0 then
    why = ('%s (+%d)'):format(why, #answer.more)
  end
  return {
    id = answer.id,
    client = client,
    from = from,
    uri = document.uri,
    version = document.version ~= vim.NIL and document.version or nil,
    edits = edits,
    row = edits[1].range.start.line,
    end_row = edits[#edits].range['end'].line,
    why = why,
  }
end

---@param buf integer
---@return table  LSP position of the cursor
local function cursor_position(buf, client)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local line = vim.api.nvim_buf_get_lines(buf, cursor[1] - 1, cursor[1], false)[1] or ''
  return { line = cursor[1] - 1, character = offsets.to_units(line, cursor[2], client.offset_encoding) }
end

--- Asks now. `on_answer` hears of the offer, or of none; not when the text changed meanwhile.
---@param on_answer fun(offer: curlew.NextEdit?)
local function ask(on_answer)
  cancel_pending()
  local buf = vim.api.nvim_get_current_buf()
  local client = client_module.of_buffer(buf)
  local version = compat.version(buf)
  if not client or not version or vim.fn.pumvisible() == 1 then
    return
  end
  state.seen[buf] = version
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(buf), version = version },
    position = cursor_position(buf, client),
  }
  local pending = { client = client }
  state.pending = pending
  pending.id = compat.request(client, 'curlew/nextEdit', params, function(err, answer)
    if state.pending ~= pending then
      return -- cancelled when the next was asked for
    end
    state.pending = nil
    if err or not vim.api.nvim_buf_is_valid(buf) or compat.version(buf) ~= version then
      return -- typed on since; the next answer is ours
    end
    local found = type(answer) == 'table' and type(answer.edit) == 'table'
    on_answer(found and offer_of(answer, client, buf) or nil)
  end, buf)
end

---@param offer curlew.NextEdit?
local function show(offer)
  state.offer = offer
  render()
end

---@param wait_ms integer
---@param on_answer fun(offer: curlew.NextEdit?)
local function ask_after(wait_ms, on_answer)
  cancel_pending()
  state.timer:start(wait_ms, 0, vim.schedule_wrap(function()
    ask(on_answer)
  end))
end

--- What is half typed now may have been finished all along: one more question when it has rested.
---@param offer curlew.NextEdit?
local function show_or_ask_once_more(offer)
  show(offer)
  if not offer then
    ask_after(settled_ms, show)
  end
end

--- Something was typed, pasted, undone, or insert mode was left.
function M.on_change()
  local buf = vim.api.nvim_get_current_buf()
  if not client_module.of_buffer(buf) or state.seen[buf] == compat.version(buf) then
    return
  end
  forget()
  ask_after(config.options.next_edit_debounce_ms, show_or_ask_once_more)
end

---@param offer curlew.NextEdit
---@param buf integer
local function jump(offer, buf)
  vim.cmd("normal! m'") -- the jump list leads back
  if buf ~= vim.api.nvim_get_current_buf() then
    local ok, problem = pcall(vim.api.nvim_set_current_buf, buf)
    if not ok then
      vim.notify('curlew: ' .. problem, vim.log.levels.ERROR)
      return
    end
  end
  local first = plain_edits(offer, buf)[1]
  local row = math.min(first.row, vim.api.nvim_buf_line_count(buf) - 1)
  vim.api.nvim_win_set_cursor(0, { row + 1, row == first.row and first.col or 0 })
  vim.cmd('normal! zv')
  render()
end

--- Opens the file, in the background, and asks again: the answer is for the text that was opened.
---@param offer curlew.NextEdit
local function open_and_jump(offer)
  local buf = vim.fn.bufadd(vim.uri_to_fname(offer.uri))
  local ok, problem = pcall(vim.fn.bufload, buf)
  if not ok then
    vim.notify('curlew: ' .. problem, vim.log.levels.ERROR)
    return
  end
  vim.bo[buf].buflisted = true
  vim.lsp.buf_attach_client(buf, offer.client.id)
  state.seen[buf] = compat.version(buf)
  ask(function(new)
    show(new)
    local to_edit = new and buffer_to_edit(new)
    if to_edit then
      jump(new, to_edit)
    end
  end)
end

local function break_undo()
  vim.o.undolevels = vim.o.undolevels -- what was typed before or comes after is undone separately
end

---@param offer curlew.NextEdit
---@param buf integer
local function apply(offer, buf)
  forget()
  break_undo()
  vim.lsp.util.apply_text_edits(offer.edits, buf, offer.client.offset_encoding)
  break_undo()
  client_module.execute(offer.client, 'curlew.accepted', { offer.id })
  ask_after(0, show_or_ask_once_more) -- a rename has more than one use
end

---@param offer curlew.NextEdit
---@param buf integer
---@return boolean
local function is_cursor_at(offer, buf)
  local row = vim.api.nvim_win_get_cursor(0)[1] - 1
  return buf == vim.api.nvim_get_current_buf() and row >= offer.row and row <= offer.end_row
end

--- Whether there is one, and it has to do with the current buffer.
---@return boolean
function M.visible()
  local offer, here = state.offer, vim.api.nvim_get_current_buf()
  return offer ~= nil and (here == offer.from or here == buffer_of(offer.uri))
end

--- Goes where the offered edit is; there, makes it.
function M.accept()
  local offer = state.offer
  if not offer then
    return
  end
  local buf = buffer_to_edit(offer)
  if buf and is_cursor_at(offer, buf) then
    apply(offer, buf)
  elseif buf then
    jump(offer, buf)
  elseif not offer.version then
    open_and_jump(offer)
  else -- another text by now
    forget()
    ask_after(0, show)
  end
end

--- Hides the offer; the server does not make it again.
function M.dismiss()
  local offer = state.offer
  if offer then
    compat.notify(offer.client, 'curlew/nextEditRefused', { id = offer.id })
    M.clear()
  end
end

---@param augroup integer
function M.setup(augroup)
  view.setup()
  local function on(events, callback)
    vim.api.nvim_create_autocmd(events, { group = augroup, callback = callback })
  end
  on({ 'TextChanged', 'TextChangedI', 'TextChangedP', 'InsertLeave' }, M.on_change)
  on({ 'CursorMoved', 'CursorMovedI', 'BufEnter', 'WinScrolled' }, function()
    if state.offer then
      render()
    end
  end)
  on('BufUnload', function(args)
    state.seen[args.buf] = nil
  end)
  vim.api.nvim_create_autocmd('User', {
    group = augroup,
    pattern = 'CurlewStatus',
    callback = function()
      if state.offer and status.state ~= 'running' then
        M.clear()
      end
    end,
  })
end

return M
