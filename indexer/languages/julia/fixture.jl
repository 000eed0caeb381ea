# A fixture.
module Shapes

using LinearAlgebra, Statistics
using Base: show, print
import JSON.Parser as P
import ..Points: Point
export Circle, area
include("helpers.jl")

const MAX_SIDES = 8
counter, other = 0, 1
global total = 2

"A shape."
abstract type Shape{T} <: Base.Thing end
primitive type Tiny 8 end

"""
A circle.
"""
struct Circle{T <: Real} <: Shape{T}
    radius::T
    name::String
    Circle{T}(radius) where {T} = new(radius, "circle")
end

mutable struct Square
    side
    id::Int
end

# Computes it.
function area(shape::Circle, scale=1; unit::Symbol=:cm, rest...)::Float64
    local_value = shape.radius ^ 2
    inner(step) = step + local_value
    for (index, item) in enumerate(shape.points)
        println(index, item)
    end
    try
        inner(1)
    catch error
        rethrow(error)
    end
    map(x -> x * scale, [1, 2])
    return sum(rest) do value
        value + counter
    end
end

area(s::Square) = s.side ^ 2
Base.show(io::IO, c::Circle) = print(io, "Circle($(c.radius))")
function Base.:+(a::Square, b::Square) Square(a.side + b.side) end
(c::Circle)(x) = x * c.radius
double(x::T) where {T <: Number} = 2x
function later end

macro twice(expression)
    quote
        $(esc(expression))
    end
end

@enum Suit HEARTS SPADES
@inline fast(x) = @twice x + MAX_SIDES

baremodule Inner
helper() = 1
end

@testset "areas" begin
    @test area(Square(2)) == 4
end

end
