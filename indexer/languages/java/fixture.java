package org.example.shapes;

import java.util.List;
import static java.lang.Math.PI;
import org.example.util.*;

/** A square. */
@Deprecated
public class Square<T> extends Polygon implements Shape, Named {
    public static final int SIDES = 4;
    private int side, other = 2;

    /** Makes one. */
    public Square(int side) {
        this.side = side;
    }

    @Override
    public double area(Point origin, String... names) {
        int local = side * SIDES;
        for (String name : names) log(name);
        Runnable task = () -> { int inside = 1; run(inside); };
        return helper.compute(local, new Point(origin), PI);
    }

    abstract void draw();

    enum Color {
        RED, BLUE(2);
        int code;
    }

    interface Visitor {
        void visit(Square<?> square);
        int LIMIT = 3;
    }

    record Pair(int a, int b) {}
    @interface Marker { String value(); }
}

class ShapeTest {
    @Test
    void hasArea() { assertEquals(4, new Square(2).area()); }

    @ParameterizedTest(name = "{0}")
    void scales(int by) {}
}

class OldShapeTest extends TestCase {
    public void testArea() {}
}
