//! A fixture.
const std = @import("std");
const Point = @import("shapes/point.zig").Point;
usingnamespace @import("helpers.zig");

pub const max_sides: usize = 8;
var counter: i32 = 0;
extern "c" fn sin(x: f64) f64;

/// A shape.
pub const Shape = struct {
    side: f64,
    name: []const u8 = "shape",

    const Self = @This();
    pub const sides = 4;

    /// Makes one.
    pub fn init(side: f64) Self {
        const local = side * 2;
        return Self{ .side = local };
    }

    pub fn area(self: *const Self) f64 {
        return self.side * std.math.pow(f64, self.side, 1);
    }
};

const Suit = enum(u8) {
    hearts,
    spades = 2,

    fn color(self: Suit) Color {
        return switch (self) {
            .hearts => .red,
            else => |other| lookup(other),
        };
    }
};

const Value = union(enum) { int: i64, float: f64, none };
const Errors = error{ OutOfMemory, BadShape };
const Handle = opaque {};
const Callback = *const fn (i32) void;

fn Stack(comptime T: type) type {
    return struct {
        items: []T,
        fn push(self: *@This(), item: T) !void {
            for (self.items, 0..) |*slot, index| if (slot.* == item) return error.BadShape;
            try self.items.append(item) catch |err| handle(err);
            while (counter > 0) : (counter -= 1) {}
        }
    };
}

comptime {
    _ = max_sides;
}

test "has an area" {
    try std.testing.expect(Shape.init(1).area() == 4);
}
test Stack {
    _ = Stack(u8);
}
