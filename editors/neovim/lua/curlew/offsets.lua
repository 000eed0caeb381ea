-- Bytes of a line <-> characters as the server counts them (LSP positionEncoding).
--
-- vim.str_utfindex would do, but its arguments changed between 0.10 and 0.11, and this is shorter
-- than the choice between both.

local M = {}

---@param lead integer  first byte of a UTF-8 character
local function byte_count(lead)
  if lead < 0x80 then
    return 1
  elseif lead >= 0xF0 then
    return 4
  elseif lead >= 0xE0 then
    return 3
  elseif lead >= 0xC0 then
    return 2
  end
  return 1 -- a stray continuation byte: counts as one character, like the editor shows it
end

---@param bytes integer  of one character
---@param encoding string
local function unit_count(bytes, encoding)
  if encoding == 'utf-8' then
    return bytes
  end
  return (encoding == 'utf-16' and bytes == 4) and 2 or 1
end

--- Bytes before `byte` of `line`, counted in units of `encoding`.
---@param line string
---@param byte integer  0-based
---@param encoding string  utf-8, utf-16 or utf-32
---@return integer
function M.to_units(line, byte, encoding)
  local at, units = 0, 0
  while at < math.min(byte, #line) do
    local bytes = byte_count(line:byte(at + 1))
    at, units = at + bytes, units + unit_count(bytes, encoding)
  end
  return units
end

--- The byte at which `units` begin; the end of the line when there are not so many.
---@param line string
---@param units integer
---@param encoding string
---@return integer
function M.to_byte(line, units, encoding)
  local at, seen = 0, 0
  while at < #line and seen < units do
    local bytes = byte_count(line:byte(at + 1))
    at, seen = at + bytes, seen + unit_count(bytes, encoding)
  end
  return math.min(at, #line)
end

return M
