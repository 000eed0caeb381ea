using System;
using System.Collections.Generic;

namespace Geo.Shapes
{
    /// <summary>A square.</summary>
    [Serializable]
    public class Square<T> : Polygon, IShape
    {
        public const int Sides = 4;
        private int side, other = 2;
        public string Name { get; set; } = "";
        public event EventHandler Grown;

        public Square(int side) { this.side = side; }
        ~Square() { }

        public double Area(Point origin, params string[] names)
        {
            int local = side * Sides;
            foreach (var name in names) Log(name);
            int Twice(int x) => x * 2;
            return helper.Compute(local, new Point(origin)) + Twice(other);
        }

        public abstract void Draw();
        public int Count() => Name.Length;
    }

    public interface IShape { double Area(Point origin); }
    public struct Pair { public int A; }
    public record Person(string First);
    public enum Color { Red, Blue = 2 }
    public delegate void Handler(object sender);
}

class ShapeTest
{
    [Fact]
    public void HasArea() { Assert.Equal(4, new Square(2).Area()); }

    [TestCase(1), Slow]
    public void Scales(int by) { }
}
