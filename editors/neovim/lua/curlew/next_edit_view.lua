-- Paints a next edit: what goes is marked, what comes stands beside it as virtual text. Where the
-- place is not on the screen, a hint at the end of the cursor's line says where it is.

local compat = require('curlew.compat')
local ghost = require('curlew.ghost')

local M = {}

local namespace = vim.api.nvim_create_namespace('curlew.next_edit')
local painted = {} ---@type table<integer, boolean>  buffers with marks of ours

---@class curlew.PlainEdit  rows from 0, columns in bytes, the end exclusive
---@field row integer
---@field col integer
---@field end_row integer
---@field end_col integer
---@field text string

---@class curlew.Mark
---@field row integer
---@field col integer
---@field opts table  of nvim_buf_set_extmark

---@param line string
local function new_line(line, tabstop)
  return { { (ghost.expand_tabs(line, 0, tabstop)), 'CurlewNextEditNew' } }
end

--- Text that comes within a line.
---@param opts {inline: boolean, tabstop: integer}
---@return table  of nvim_buf_set_extmark
local function new_words(text, opts)
  text = ghost.expand_tabs(text, 0, opts.tabstop)
  if opts.inline then
    return { virt_text = { { text, 'CurlewNextEditNew' } }, virt_text_pos = 'inline' }
  end
  return { virt_text = { { ' → ' }, { text, 'CurlewNextEditNew' } }, virt_text_pos = 'eol' }
end

--- Where the new text of an edit is painted, and nothing else: no buffer is touched.
---@param edit curlew.PlainEdit
---@param opts {inline: boolean, tabstop: integer}
---@return curlew.Mark[]
function M.layout(edit, opts)
  local marks = {}
  local is_insertion = edit.row == edit.end_row and edit.col == edit.end_col
  if not is_insertion then
    local old = { end_row = edit.end_row, end_col = edit.end_col, hl_group = 'CurlewNextEditOld' }
    table.insert(marks, { row = edit.row, col = edit.col, opts = old })
  end
  if edit.text == '' then
    return marks
  end
  local lines = vim.split(edit.text, '\n', { plain = true })
  local row, col, above = edit.end_row, edit.end_col, false
  if edit.col == 0 and edit.end_col == 0 and #lines > 1 and lines[#lines] == '' then -- whole lines
    table.remove(lines)
    if row == 0 then -- the editor shows nothing above the first line
      table.insert(marks, { row = 0, col = 0, opts = new_words(table.concat(lines, '↵') .. '↵', opts) })
      return marks
    end
    row, col, above = is_insertion and row or row - 1, 0, is_insertion
  else
    local first = table.remove(lines, 1)
    if first ~= '' then
      table.insert(marks, { row = row, col = col, opts = new_words(first, opts) })
    end
  end
  if #lines > 0 then
    local virt_lines = vim.tbl_map(function(line)
      return new_line(line, opts.tabstop)
    end, lines)
    local below = { virt_lines = virt_lines, virt_lines_above = above }
    table.insert(marks, { row = row, col = col, opts = below })
  end
  return marks
end

--- Behind all else that is painted at the line's end.
---@param buf integer
---@param row integer
---@param text string
local function label(buf, row, text)
  local line = vim.api.nvim_buf_get_lines(buf, row, row + 1, false)[1]
  vim.api.nvim_buf_set_extmark(buf, namespace, row, #line, {
    virt_text = { { '  ' .. text, 'CurlewNextEditHint' } },
    virt_text_pos = 'eol',
    hl_mode = 'combine',
  })
  painted[buf] = true
end

--- The edits where they would be made, and why.
---@param buf integer
---@param edits curlew.PlainEdit[]
---@param why string
function M.show(buf, edits, why)
  local last_row = vim.api.nvim_buf_line_count(buf) - 1
  for _, edit in ipairs(edits) do
    local opts = { inline = compat.has_inline_virt_text, tabstop = vim.bo[buf].tabstop }
    for _, mark in ipairs(M.layout(edit, opts)) do
      if mark.opts.end_row and mark.opts.end_row > last_row then -- to behind the last line's end
        mark.opts.end_row = last_row
        mark.opts.end_col = #vim.api.nvim_buf_get_lines(buf, last_row, last_row + 1, false)[1]
      end
      vim.api.nvim_buf_set_extmark(buf, namespace, math.min(mark.row, last_row), mark.col, mark.opts)
    end
  end
  label(buf, math.min(edits[1].row, last_row), why)
end

--- At the end of the cursor's line.
---@param text string
function M.hint(text)
  label(vim.api.nvim_get_current_buf(), vim.api.nvim_win_get_cursor(0)[1] - 1, text)
end

---@param first integer  row
---@param last integer
---@return boolean  whether one of the rows is on the screen, in the current window
function M.is_in_window(buf, first, last)
  return buf == vim.api.nvim_get_current_buf()
    and last + 1 >= vim.fn.line('w0')
    and first + 1 <= vim.fn.line('w$')
end

function M.clear()
  for buf in pairs(painted) do
    if vim.api.nvim_buf_is_valid(buf) then
      vim.api.nvim_buf_clear_namespace(buf, namespace, 0, -1)
    end
  end
  painted = {}
end

function M.setup()
  vim.api.nvim_set_hl(0, 'CurlewNextEditNew', { link = 'DiffAdd', default = true })
  vim.api.nvim_set_hl(0, 'CurlewNextEditOld', { link = 'DiffDelete', default = true })
  vim.api.nvim_set_hl(0, 'CurlewNextEditHint', { link = 'Comment', default = true })
end

return M
