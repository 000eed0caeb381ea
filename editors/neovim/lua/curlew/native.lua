-- The same verbs as completion.lua, on the editor's own inline completion (Neovim 0.12). The editor
-- asks, paints and follows; only parts and dismissal are ours.

local client_module = require('curlew.client')
local suggestion = require('curlew.suggestion')

local M = {}

---@param client_id integer
function M.attach(client_id)
  vim.lsp.inline_completion.enable(true, { client_id = client_id })
end

--- What of the item is not yet in the buffer, cut to `part` and inserted at the cursor.
local function insert_part(item, part)
  local client = client_module.by_id(item.client_id)
  local cursor = vim.api.nvim_win_get_cursor(0)
  local line = vim.api.nvim_get_current_line()
  local from = cursor[2]
  if item.range then
    local _, start_col = item.range:to_extmark()
    from = start_col
  end
  local head = line:sub(from + 1, cursor[2])
  local text = item.insert_text
  if not client or type(text) ~= 'string' or text:sub(1, #head) ~= head then
    return
  end
  local piece = suggestion.part({ text = text:sub(#head + 1) }, part)
  vim.api.nvim_paste(piece, false, -1)
end

---@param part curlew.Part
---@return boolean accepted
function M.accept(part)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      if part == 'all' or type(item.insert_text) ~= 'string' then
        return item
      end
      insert_part(item, part)
    end,
  })
end

--- The editor has no verb for it, but taking a suggestion and then not applying it forgets it.
function M.clear()
  vim.lsp.inline_completion.get({ on_accept = function() end })
end

return M
