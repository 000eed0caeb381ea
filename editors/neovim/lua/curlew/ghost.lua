-- Paints a suggestion as ghost text.
--
-- Neovim 0.10 can push the rest of the line aside. Before it, and wherever text of the line moves to
-- another line by accepting, the ghost covers the rest of the line and repeats it where it will be.

local compat = require('curlew.compat')

local M = {}

local namespace = vim.api.nvim_create_namespace('curlew.ghost')

---@class curlew.GhostLayout
---@field virt_text table[]
---@field virt_text_pos 'inline'|'overlay'
---@field virt_lines? table[]

--- Tabs become spaces, as far as they reach at their column: virtual text shows them as ^I.
---@param text string  one line
---@param column integer  screen column of its start
---@return string text, integer column  of its end
function M.expand_tabs(text, column, tabstop)
  local out = {}
  for piece, tab in text:gmatch('([^\t]*)(\t?)') do
    out[#out + 1] = piece
    column = column + vim.fn.strdisplaywidth(piece)
    if tab ~= '' then
      local width = tabstop - column % tabstop
      out[#out + 1] = (' '):rep(width)
      column = column + width
    end
  end
  return table.concat(out), column
end

--- How the suggestion is painted, and nothing else: no buffer is touched.
---@param s curlew.Suggestion
---@param opts {column: integer, tabstop: integer, inline: boolean}  `column`: the cursor's on the screen
---@return curlew.GhostLayout
function M.layout(s, opts)
  local lines = vim.split(s.text, '\n', { plain = true })
  local kept = s.tail:sub(s.replaces + 1) -- the rest of the line after accepting
  local first, column = M.expand_tabs(lines[1], opts.column, opts.tabstop)
  local layout = { virt_text = { { first, 'CurlewGhost' } }, virt_text_pos = 'overlay' }

  if #lines == 1 and s.replaces == 0 and opts.inline then
    layout.virt_text_pos = 'inline'
    return layout
  end
  if s.tail ~= '' then
    if #lines == 1 and kept ~= '' then
      local text
      text, column = M.expand_tabs(kept, column, opts.tabstop)
      table.insert(layout.virt_text, { text, 'CurlewTail' })
    end
    local _, covered = M.expand_tabs(s.tail, opts.column, opts.tabstop)
    if covered > column then
      table.insert(layout.virt_text, { (' '):rep(covered - column), 'CurlewTail' })
    end
  end
  for i = 2, #lines do
    layout.virt_lines = layout.virt_lines or {}
    local text, end_column = M.expand_tabs(lines[i], 0, opts.tabstop)
    local chunks = { { text, 'CurlewGhost' } }
    if i == #lines and kept ~= '' then
      table.insert(chunks, { (M.expand_tabs(kept, end_column, opts.tabstop)), 'CurlewTail' })
    end
    table.insert(layout.virt_lines, chunks)
  end
  return layout
end

---@param buf integer
---@param s curlew.Suggestion
function M.show(buf, s)
  M.clear(buf)
  local layout = M.layout(s, {
    column = vim.fn.strdisplaywidth(s.before),
    tabstop = vim.bo[buf].tabstop,
    inline = compat.has_inline_virt_text,
  })
  vim.api.nvim_buf_set_extmark(buf, namespace, s.row, s.col, {
    virt_text = layout.virt_text,
    virt_text_pos = layout.virt_text_pos,
    virt_lines = layout.virt_lines,
    hl_mode = 'combine',
  })
end

---@param buf integer
function M.clear(buf)
  if vim.api.nvim_buf_is_valid(buf) then
    vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
  end
end

function M.setup()
  vim.api.nvim_set_hl(0, 'CurlewGhost', { link = 'Comment', default = true })
  vim.api.nvim_set_hl(0, 'CurlewTail', { link = 'Normal', default = true })
end

return M
