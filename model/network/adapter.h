// A low-rank adapter beside a network's weights: y = W x becomes y = W x + scale * B (A x), and W
// stays as it is. arXiv:2106.09685.
//
// Two narrow products a map that has a part, and one addition. The maps without one cost a look-up,
// a network without an adapter nothing. Like every product, the addition gives a token the same
// bits whatever stands beside it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/ops.h"
#include "model/error.h"
#include "model/files/adapter_file.h"
#include "model/network/executor.h"
#include "model/network/weights.h"

namespace curlew::model {

class Adapter final : public PlacedAdapter {
 public:
  // Takes all memory that it will need. `weights` must stay where they are. Errors: a part for a
  // tensor that is no map of this network, or no memory.
  static Expected<std::unique_ptr<Adapter>> make(AdapterFile file, const Weights& weights);

  // y += scale * B (A x) for those of the jobs whose map has a part, after they were done. Such
  // jobs have as many tokens each, and their x is as it was. Allocates nothing; one call at a time.
  void add_to(std::span<const kernels::MatmulJob> jobs, kernels::ThreadPool& pool);

  const AdapterFile& file() const override { return file_; }
  std::size_t bytes() const override;

 private:
  struct Part {
    kernels::PackedMatrix a, b;
    float scale = 1.f;
  };
  struct Use {
    const kernels::MatmulJob* job;
    const Part* part;
  };
  struct Extent {  // of parts that are used together
    std::int64_t parts = 0, ranks = 0, outputs = 0;
  };
  using ByTarget = std::unordered_map<std::string_view, const LowRank*>;

  explicit Adapter(AdapterFile file) : file_(std::move(file)) {}
  void place(std::span<const Linear* const> maps, const ByTarget& parts);
  void add_rows(int first, int rows, kernels::ThreadPool& pool);

  AdapterFile file_;
  std::unordered_map<const kernels::PackedMatrix*, Part> parts_;  // by the map's matrix
  Extent extent_;                         // the largest of any that are used together
  std::vector<float> low_, delta_;        // A x and B A x of some rows, of part after part
  std::vector<Use> uses_;                 // of the jobs at work
  std::vector<kernels::MatmulJob> jobs_;  // likewise
};

}  // namespace curlew::model
