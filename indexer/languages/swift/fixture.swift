// A fixture.
import Foundation
import class UIKit.UIView
@testable import Shapes

let maxSides = 8
var counter: Int = 0, other = 1
typealias Grid = [[Point]]

/// A shape.
@objc public class Shape<T: Equatable>: Base, HasArea {
    static let sides = 4
    private(set) var origin: Point?
    lazy var cached: Double = compute()
    var area: Double {
        get { return side * side }
        set { side = newValue }
    }
    weak var delegate: ShapeDelegate? { didSet { reload() } }

    /// Makes one.
    init?(side: Double, _ points: Point..., named name: String = "shape") {
        self.side = side
        let local = points.count
        super.init(local)
    }
    deinit { release() }

    func scale(by factor: Double) throws -> Self {
        guard let first = points.first else { return self }
        if case .circle(let radius) = kind { print(radius) }
        for point in points { point.move(to: first, using: { step in step * factor }) }
        do { try save() } catch let error { log(error) }
        return Shape(side: factor)
    }
    class func unit() -> Shape { Shape(side: 1) }
    subscript(index: Int) -> Point { points[index] }
    static func == (left: Shape, right: Shape) -> Bool { left.side == right.side }
    override func `repeat`() {}
}

public struct Point: Codable {
    var x, y: Double
    struct Inner {}
}

protocol HasArea: AnyObject {
    associatedtype Unit
    var area: Double { get }
    func scale(by factor: Double) throws -> Self
    init(side: Double)
}

enum Suit: String, CaseIterable {
    case hearts, spades = "S"
    indirect case pair(Suit, other: Suit)
    var color: Color { .red }
}

extension Shape: CustomStringConvertible where T: Hashable {
    var description: String { "shape" }
    func draw(on canvas: Canvas) { canvas.draw(self) }
}

actor Store { func load() async {} }

func double<N: Numeric>(_ value: N, then: (N) -> N) -> N {
    func inner(step: N) -> N { step + value }
    return then(inner(step: value))
}

prefix operator +++
infix operator <+>: AdditionPrecedence
#if DEBUG
func debugOnly() { NSLog("x") }
#endif

final class ShapeTests: XCTestCase {
    func testArea() { XCTAssertEqual(Shape(side: 2)?.area, 4) }
    @Test func hasAName() { #expect(true) }
}
