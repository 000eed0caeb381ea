@file:JvmName("Shapes")
package org.example.shapes

import org.example.math.Point
import org.example.math.area as areaOf
import kotlin.math.*

const val MAX_SIDES = 8
var counter: Int = 0
val (first, second) = pair()
typealias Grid = List<List<Point>>

/** A shape. */
@Serializable
abstract class Shape<T : Any>(val side: Double, private var name: String = "shape", points: Int) : Base(name), HasArea {
    val area: Double get() = side * side
    lateinit var origin: Point
    private val cached by lazy { compute(points) }

    init {
        counter += 1
    }

    constructor(side: Int) : this(side.toDouble(), "square", 4)

    abstract fun draw(canvas: Canvas)

    override fun toString(): String {
        val local = name.uppercase()
        fun inner(step: Int) = step + local.length
        for ((index, item) in listOf(1, 2).withIndex()) println(index + item)
        return inner(MAX_SIDES).toString() + areaOf(origin)
    }

    inner class Corner

    companion object Factory {
        const val SIDES = 4
        @JvmStatic fun unit(): Square = Square(1.0)
    }

    companion object {
        fun other() = Unit
    }
}

data class Square(val edge: Double) : Shape<Int>(edge, points = 4)
sealed interface HasArea { val area: Double; fun scale(by: Double): HasArea }
fun interface Drawer { fun draw() }
enum class Suit(val color: String) : Named {
    HEARTS("red"),
    SPADES("black") { override fun label() = "spade" };
    abstract fun label(): String
}
annotation class Marker
object Registry : Store() {
    val shapes = mutableListOf<Shape<Int>>()
}
@JvmInline value class Name(val text: String)

fun <T> List<T>.secondOrNull(): T? = if (size > 1) this[1] else null
infix fun Int.plus2(other: Int) = this + other
suspend inline fun double(value: Double, crossinline then: (Double) -> Double): Double = then(value * 2).let { it + value }
val String.shout: String get() = uppercase() + "!"

class ShapeTest {
    @Test fun hasArea() = assertEquals(4.0, Square(2.0).area)
    @ParameterizedTest
    fun `has a name with blanks`() { try { check(true) } catch (e: Exception) { throw IllegalStateException(e) } }
}
