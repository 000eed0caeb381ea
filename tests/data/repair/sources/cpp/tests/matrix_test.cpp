#include "../src/matrix.h"

#include <cassert>
#include <cmath>
#include <stdexcept>

using shelf::Matrix;

static Matrix filled(std::size_t rows, std::size_t cols, const double* values) {
  Matrix m(rows, cols);
  for (std::size_t i = 0; i < rows * cols; ++i) m.at(i / cols, i % cols) = values[i];
  return m;
}
static bool near(double a, double b) { return std::fabs(a - b) < 1e-9; }

static void multiplies() {
  const double left[] = {1, 2, 3, 4, 5, 6};
  const double right[] = {7, 8, 9, 10, 11, 12};
  const Matrix p = product(filled(2, 3, left), filled(3, 2, right));
  assert(p.rows() == 2 && p.cols() == 2);
  assert(near(p.at(0, 0), 58) && near(p.at(0, 1), 64));
  assert(near(p.at(1, 0), 139) && near(p.at(1, 1), 154));
  bool thrown = false;
  try {
    product(filled(2, 3, left), filled(2, 3, right));
  } catch (const std::invalid_argument&) {
    thrown = true;
  }
  assert(thrown);
}

static void transposes_and_swaps() {
  const double values[] = {1, 2, 3, 4, 5, 6};
  Matrix t = filled(2, 3, values).transposed();
  assert(t.rows() == 3 && t.cols() == 2);
  assert(near(t.at(2, 1), 6) && near(t.at(0, 1), 4) && near(t.at(1, 0), 2));
  t.swap_rows(0, 2);
  assert(near(t.at(0, 0), 3) && near(t.at(0, 1), 6) && near(t.at(2, 1), 4));
}

static void finds_determinants() {
  const double a[] = {0, 2, 1, 3, 5, 2, 4, 1, 7};
  assert(near(determinant(filled(3, 3, a)), -43));
  const double b[] = {1, 2, 2, 4};
  assert(near(determinant(filled(2, 2, b)), 0));
  assert(near(determinant(Matrix::identity(4)), 1));
}

static void raises_to_powers() {
  const double fibonacci[] = {1, 1, 1, 0};
  const Matrix p = power(filled(2, 2, fibonacci), 13);
  assert(near(p.at(0, 1), 233) && near(p.at(0, 0), 377) && near(p.at(1, 1), 144));
  assert(near(power(filled(2, 2, fibonacci), 0).at(0, 1), 0));
}

int main() {
  multiplies();
  transposes_and_swaps();
  finds_determinants();
  raises_to_powers();
}
