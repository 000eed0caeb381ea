#include "matrix.h"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace shelf {

Matrix Matrix::identity(std::size_t size) {
  Matrix result(size, size);
  for (std::size_t i = 0; i < size; ++i) result.at(i, i) = 1.0;
  return result;
}

Matrix Matrix::transposed() const {
  Matrix result(cols_, rows_);
  for (std::size_t row = 0; row < rows_; ++row) {
    for (std::size_t col = 0; col < cols_; ++col) result.at(col, row) = at(row, col);
  }
  return result;
}

void Matrix::swap_rows(std::size_t a, std::size_t b) {
  if (a == b) return;
  for (std::size_t col = 0; col < cols_; ++col) std::swap(at(a, col), at(b, col));
}

Matrix product(const Matrix& a, const Matrix& b) {
  if (a.cols() != b.rows()) throw std::invalid_argument("product: shapes do not fit");
  Matrix result(a.rows(), b.cols());
  for (std::size_t row = 0; row < a.rows(); ++row) {
    for (std::size_t col = 0; col < b.cols(); ++col) {
      double sum = 0.0;
      for (std::size_t k = 0; k < a.cols(); ++k) sum += a.at(row, k) * b.at(k, col);
      result.at(row, col) = sum;
    }
  }
  return result;
}

double determinant(Matrix m) {
  if (m.rows() != m.cols()) throw std::invalid_argument("determinant: not square");
  double result = 1.0;
  for (std::size_t step = 0; step < m.rows(); ++step) {
    std::size_t pivot = step;
    for (std::size_t row = step + 1; row < m.rows(); ++row) {
      if (std::fabs(m.at(row, step)) > std::fabs(m.at(pivot, step))) pivot = row;
    }
    if (std::fabs(m.at(pivot, step)) < 1e-12) return 0.0;
    if (pivot != step) {
      m.swap_rows(pivot, step);
      result = -result;
    }
    result *= m.at(step, step);
    for (std::size_t row = step + 1; row < m.rows(); ++row) {
      const double factor = m.at(row, step) / m.at(step, step);
      for (std::size_t col = step; col < m.cols(); ++col) {
        m.at(row, col) -= factor * m.at(step, col);
      }
    }
  }
  return result;
}

Matrix power(Matrix base, unsigned exponent) {
  Matrix result = Matrix::identity(base.rows());
  while (exponent > 0) {
    if (exponent % 2 == 1) result = product(result, base);
    base = product(base, base);
    exponent /= 2;
  }
  return result;
}

}  // namespace shelf
