package org.example
package shapes

import scala.collection.mutable
import org.example.math.{Point, Line => Segment}
import java.util._

/** A shape. */
@serializable
abstract class Shape[T <: Ordered[T]](val side: Double, name: String = "shape") extends Base(name) with HasArea {
  type Unit
  type Grid = List[List[Point]]
  private val cached: Double = compute(side)
  lazy val (first, second) = pair()
  var origin, other: Point = null
  val abstractOne: Int

  def this(side: Int) = this(side.toDouble, "square")
  def draw(canvas: Canvas): Unit
  override def toString: String = {
    val local = name.trim
    def inner(step: Int) = step + local.length
    for (i <- 0 until 3; item = i * 2 if item > 1) println(item)
    try inner(1) catch { case error: Exception => throw new RuntimeException(error) }
    origin match {
      case Point(x, y) if x > y => s"$local ${x + y}"
      case other @ Segment(_, _) => other.toString
    }
  }
  def +(other: Shape[T]): Shape[T] = other
  implicit class Doubled(value: Int) { def doubled = value * 2 }
}

object Shape {
  val Sides = 4
  final val MAX_SIDES = 8
  def apply(side: Double): Square = new Square(side)
  implicit val ordering: Ordering[Point] = Ordering.by(_.x)
}

case class Square(edge: Double) extends Shape[Int](edge)
sealed trait HasArea { def area: Double; def scale(by: Double): HasArea = this }
case object Unit extends HasArea { val area = 1.0 }
package object tools { def helper[A](value: A)(implicit show: Show[A]): String = show.show(value) }

enum Suit(val color: String) extends Named:
  case Hearts extends Suit("red")
  case Spades, Clubs

given intShow: Show[Int] with
  def show(value: Int) = value.toString

extension (text: String)
  def shout: String = text.toUpperCase + "!"

val twice = (x: Int) => x * 2
opaque type Name = String
def double(value: Double)(then_ : Double => Double): Double = then_(value)

class ShapeTest extends AnyFunSuite {
  test("has an area") { assert(Square(2).area == 4) }
  @Test def hasAName(): Unit = assertEquals("square", new Square(1).name)
}
class ShapeSpec extends AnyFlatSpec {
  "A shape" should "have an area" in { Square(2).area shouldBe 4 }
  it should "have a name" in { succeed }
}
