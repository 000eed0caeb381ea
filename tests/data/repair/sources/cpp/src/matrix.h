// Dense matrices of doubles, row by row.
#pragma once

#include <cstddef>
#include <vector>

namespace shelf {

class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), cells_(rows * cols) {}
  static Matrix identity(std::size_t size);

  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  double& at(std::size_t row, std::size_t col) { return cells_[row * cols_ + col]; }
  double at(std::size_t row, std::size_t col) const { return cells_[row * cols_ + col]; }

  Matrix transposed() const;
  void swap_rows(std::size_t a, std::size_t b);

 private:
  std::size_t rows_;
  std::size_t cols_;
  std::vector<double> cells_;
};

// Throws std::invalid_argument where the shapes do not fit.
Matrix product(const Matrix& a, const Matrix& b);
// By elimination with the largest pivot; 0 for a singular matrix.
double determinant(Matrix m);
Matrix power(Matrix base, unsigned exponent);

}  // namespace shelf
