#include "model/network/adapter.h"

#include <algorithm>
#include <cassert>
#include <new>

#include "model/network/forward_parts.h"

namespace curlew::model {
namespace {

constexpr int kRowsAtOnce = 32;  // few, so that B A x is added while it is still in the cache

}  // namespace

// `maps` may be used together: their parts stand side by side in the scratch.
void Adapter::place(std::span<const Linear* const> maps, const ByTarget& parts) {
  kernels::ThreadPool alone(1);  // the network's own may be at work
  Extent extent;
  for (const Linear* map : maps) {
    const auto found = *map ? parts.find(map->name) : parts.end();
    if (found == parts.end()) continue;
    const LowRank& part = *found->second;
    Part packed = {kernels::PackedMatrix::pack(part.a, alone),
                   kernels::PackedMatrix::pack(part.b, alone), part.scale};
    if (!packed.a || !packed.b) throw std::bad_alloc();
    parts_.emplace(&map->matrix, std::move(packed));
    ++extent.parts;
    extent.ranks += part.a.rows;
    extent.outputs += part.b.rows;
  }
  extent_ = {std::max(extent_.parts, extent.parts), std::max(extent_.ranks, extent.ranks),
             std::max(extent_.outputs, extent.outputs)};
}

Expected<std::unique_ptr<Adapter>> Adapter::make(AdapterFile file, const Weights& weights) try {
  std::unique_ptr<Adapter> made(new Adapter(std::move(file)));
  ByTarget parts;
  for (const LowRank& part : made->file_.parts()) parts.emplace(part.target, &part);
  const Linear* const last[] = {&weights.output};
  made->place(last, parts);
  for (const LayerWeights& w : weights.layers) {
    const Linear* const maps[] = {&w.heads.q,        &w.heads.k,       &w.heads.v,
                                  &w.latent.q,       &w.latent.q_down, &w.latent.q_up,
                                  &w.latent.kv_down, &w.attention_out, &w.ffn.gate,
                                  &w.ffn.up,         &w.ffn.down,      &w.experts.router};
    made->place(maps, parts);
    for (const Linear* map : maps)
      if (made->parts_.contains(&map->matrix)) parts.erase(map->name);
  }
  if (made->parts_.contains(&weights.output.matrix)) parts.erase(weights.output.name);
  if (!parts.empty())
    return fail(Errc::kUnsupported, "{}: {} is no map that an adapter can change",
                made->file_.name(), parts.begin()->first);
  const Extent& e = made->extent_;
  made->low_.resize(static_cast<std::size_t>(kRowsAtOnce * e.ranks));
  made->delta_.resize(static_cast<std::size_t>(kRowsAtOnce * e.outputs));
  made->uses_.reserve(static_cast<std::size_t>(e.parts));
  made->jobs_.reserve(static_cast<std::size_t>(e.parts));
  return made;
} catch (const std::bad_alloc&) {
  return fail(Errc::kOutOfMemory, "adapter: not enough memory");
}

std::size_t Adapter::bytes() const {
  std::size_t bytes = (low_.size() + delta_.size()) * sizeof(float);
  for (const auto& [map, part] : parts_) bytes += part.a.own_bytes() + part.b.own_bytes();
  return bytes;
}

void Adapter::add_to(std::span<const kernels::MatmulJob> jobs, kernels::ThreadPool& pool) {
  uses_.clear();
  for (const kernels::MatmulJob& job : jobs)
    if (const auto found = parts_.find(job.w); found != parts_.end())
      uses_.push_back({&job, &found->second});
  const int tokens = uses_.empty() ? 0 : uses_.front().job->tokens;
  for (int first = 0; first < tokens; first += kRowsAtOnce)
    add_rows(first, std::min(kRowsAtOnce, tokens - first), pool);
}

void Adapter::add_rows(int first, int rows, kernels::ThreadPool& pool) {
  jobs_.clear();
  float* low = low_.data();
  for (const auto& [job, part] : uses_) {
    assert(job->tokens >= first + rows);
    const float* x = job->x + std::int64_t{first} * part->a.cols();
    jobs_.push_back({.w = &part->a, .x = x, .y = low, .tokens = rows});
    low += rows * part->a.rows();
  }
  kernels::matmul(jobs_, pool);

  float* delta = delta_.data();
  for (kernels::MatmulJob& job : jobs_) {  // what A gave is what B takes
    const Part& part = *uses_[static_cast<std::size_t>(&job - jobs_.data())].part;
    job = {.w = &part.b, .x = job.y, .y = delta, .tokens = rows};
    delta += rows * part.b.rows();
  }
  kernels::matmul(jobs_, pool);

  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const auto& [job, part] = uses_[i];
    const std::int64_t width = part->b.rows();
    float* y = job->y + first * width;
    for_rows(pool, rows, [&, from = jobs_[i].y, scale = part->scale](int at, int count) {
      kernels::add_scaled(from + at * width, scale, y + at * width, count * width);
    });
  }
}

}  // namespace curlew::model
