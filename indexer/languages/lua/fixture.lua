-- A fixture.
local shapes = require("shapes.circle")
local json = require "json"
require 'strict'

local Square = {}
Square.__index = Square

MAX_SIDES = 8
local count, total = 0, 1
local LIMIT <const> = 3

--- Makes a square.
-- @param side its side
function Square.new(side, ...)
  local self = setmetatable({ side = side, name = "square" }, Square)
  count = count + 1
  return self
end

function Square:area()
  return self.side * self.side
end

--[[ Doubles
     it. ]]
local function double(value)
  local function inner(step) return step + value end
  for i = 1, value do print(i) end
  for key, item in pairs(shapes.all) do print(key, item) end
  return inner(value)
end

local triple = function(value) return value * 3 end
Square.scale = function(self, by) self.side = self.side * by end
local handlers = {
  on_open = function(file) return json.decode(file) end,
  ["on close"] = function() end,
  size = MAX_SIDES,
}
function handlers.nested.deep.call() goto done ::done:: end

describe("a square", function()
  it("has an area", function()
    assert.are.equal(4, Square.new(2):area())
  end)
end)

function test_double()
  assert(double(2) == total and triple(1) and LIMIT)
end

return Square
