# A fixture.
require 'set'
require_relative 'shapes/circle'

module Geometry
  MAX_SIDES = 8
  Point = Struct.new(:x, :y) do
    def length
      Math.sqrt(x * x + y * y)
    end
  end

  # A square.
  class Square < Shapes::Shape
    include Comparable
    extend Named
    DEFAULT, OTHER = 1, 2
    attr_reader :side, :name
    attr_accessor :color
    alias_method :edge, :side
    alias size side
    @@count = 0

    # Makes one.
    def initialize(side, name = 'square', *rest, color: :red, **options, &block)
      @side = side
      local = options.fetch(:scale) { |key| key.to_s.size }
      @area = local * side
      block.call(rest, color)
    end

    def area = @area

    def ==(other)
      side == other.side
    end

    def self.unit
      new(1)
    end

    class << self
      def build(side) = Square.new(side)
    end

    define_method(:twice) { side * 2 }

    private

    def helper?
      return unless defined?(@area)
      puts "#{name} #{Geometry::MAX_SIDES}"
    rescue ArgumentError => error
      warn error
    end
  end

  class Geometry::Error < StandardError; end

  def self.draw(shape)
    shape.draw
  end
end

$counter = 0
total = [1, 2].map { |item| item + 1 }.sum
double = ->(value) { value * total }

class SquareTest < Minitest::Test
  def test_area
    assert_equal 4, Square.new(2).area
  end

  test 'has a name' do
    assert Square.unit.name
  end
end

RSpec.describe Square do
  let(:square) { Square.new(3) }

  context 'when large' do
    it 'has an area' do
      expect(square.area).to eq 9
    end
  end
end
