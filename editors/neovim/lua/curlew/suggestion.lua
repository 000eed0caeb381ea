-- One suggestion: what the server's item means at the cursor, and what becomes of it when the user
-- types on or takes a part. Pure: knows no buffer, window or client.

local offsets = require('curlew.offsets')

local M = {}

---@class curlew.Suggestion
---@field row integer  0-based line of the cursor
---@field col integer  byte column of the cursor, where `text` goes
---@field text string  what is still to be inserted
---@field before string  the line up to the cursor
---@field tail string  the line from the cursor on
---@field replaces integer  bytes of `tail` that `text` replaces when it is taken whole
---@field item table  the server's item
---@field client_id integer
---@field taken string  what was accepted of it so far

--- Nil when the item does not fit the cursor: the range must lie on its line, around it, and the
--- text must begin with what already stands between the range's start and the cursor.
---@param item table  LSP InlineCompletionItem
---@param row integer
---@param line string
---@param col integer
---@param client {id: integer, offset_encoding: string}
---@return curlew.Suggestion?
function M.from_item(item, row, line, col, client)
  local text, from, to = item.insertText, col, col
  if type(text) ~= 'string' then
    return nil -- a snippet: we do not say that we can
  end
  if item.range then
    if item.range.start.line ~= row or item.range['end'].line ~= row then
      return nil
    end
    from = offsets.to_byte(line, item.range.start.character, client.offset_encoding)
    to = offsets.to_byte(line, item.range['end'].character, client.offset_encoding)
  end
  local head = line:sub(from + 1, col)
  if from > col or to < col or text:sub(1, #head) ~= head or #text == #head then
    return nil
  end
  return {
    row = row,
    col = col,
    text = text:sub(#head + 1):gsub('\r\n', '\n'),
    before = line:sub(1, col),
    tail = line:sub(col + 1),
    replaces = to - col,
    item = item,
    client_id = client.id,
    taken = '',
  }
end

--- Follows the cursor when what was typed since is what the suggestion says.
---@param s curlew.Suggestion
---@param row integer
---@param line string
---@param col integer
---@return boolean still_good  false: throw it away
function M.follow(s, row, line, col)
  local typed = line:sub(s.col + 1, col)
  local same_place = row == s.row and col >= s.col and line:sub(1, s.col) == s.before
  if not same_place or line:sub(col + 1) ~= s.tail or s.text:sub(1, #typed) ~= typed then
    return false
  end
  s.col, s.before, s.text = col, line:sub(1, col), s.text:sub(#typed + 1)
  return s.text ~= ''
end

---@alias curlew.Part 'all'|'word'|'line'

--- The first word or line of what is left. White space before a word goes with it.
---@param s curlew.Suggestion
---@param part curlew.Part
---@return string
function M.part(s, part)
  local text = s.text
  if part == 'line' then
    return text:match('^\n?[^\n]*')
  elseif part == 'word' then
    return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%s%w_\128-\255]+') or text
  end
  return text
end

return M
