// A small library, as a fixture.
#include <memory>
#include "shape.h"

using std::unique_ptr;

namespace geo::detail {

constexpr double kPi = 3.14;
inline int counter = 0;

/// A shape.
/// With an area.
template <class T>
class Shape : public Base<T> {
 public:
  Shape() = default;
  explicit Shape(T side) : side_(side) {}
  virtual ~Shape();
  virtual double area(const Point& origin) const = 0;
  bool operator==(const Shape& other) const { return side_ == other.side_; }
  operator bool() const { return side_ > T{}; }
  template <class U>
  void assign(U value) {
    const T local = convert<T>(value);
    side_ = local;
  }
  static constexpr int kSides = 4;
  enum class Color { kRed, kBlue = 2 };
  struct Inner {
    int a = 0;
  };

 private:
  T side_, *next_;
};

template <class T>
concept Sized = requires(T t) { t.size(); };

using Grid = std::vector<Shape<int>>;
extern int shared;
class Forward;
int area_of(const Grid& grid);

namespace {
int hidden(int depth) {
  auto deeper = [&](int step) { int inside = step; return inside + depth; };
  for (const auto& item : items) counter += item;
  return deeper(counter) + geo::detail::area_of(Grid());
}
}  // namespace

}  // namespace geo::detail

geo::Circle::Circle(int r) : radius_(r) {}
int geo::Circle::count = 0;
double* geo::Circle::data() const {
  return helper->data(radius_);
}

int (*on_close)(Key *key);
int set_open(Key *key, int (*open)(Key *key));

TEST(Circle, KeepsItsRadius) {
  EXPECT_EQ(geo::Circle(2).radius(), 2);
}
TEST_F(CircleFixture, Grows) { grow(circle_); }
BOOST_AUTO_TEST_CASE(is_round) { BOOST_CHECK(true); }
