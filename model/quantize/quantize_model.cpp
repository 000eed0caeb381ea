#include "model/quantize/quantize_model.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/ops.h"
#include "kernels/quantize.h"
#include "model/files/gguf_writer.h"
#include "model/files/model_file.h"
#include "model/quantize/mix.h"

namespace curlew::model {
namespace fs = std::filesystem;
namespace {

using kernels::WeightType;

constexpr std::int64_t kPieceElements = 4096;  // what a thread takes at a time: whole blocks
constexpr std::int64_t kSlabPieces = 1024;     // between two writes, looks at `stop`, reports
constexpr std::int64_t kQuantizationVersion = 2;

bool is_quantised(WeightType type) {
  return kernels::block_shape(type).elements > 1;
}

std::size_t bytes_of(WeightType type, std::int64_t elements) {
  const kernels::BlockShape block = kernels::block_shape(type);
  return static_cast<std::size_t>(elements / block.elements * block.bytes);
}

Status check_paths(const QuantizeRequest& request) {
  std::error_code error;
  if (!fs::exists(request.out, error)) return {};
  if (fs::equivalent(request.in, request.out, error))
    return fail(Errc::kInvalidInput, "{}: is the input too; name another file",
                request.out.string());
  if (!fs::is_regular_file(request.out, error))
    return fail(Errc::kInvalidInput, "{}: exists, and is no file", request.out.string());
  if (!request.replace)
    return fail(Errc::kInvalidInput, "{}: exists already (--force replaces it)",
                request.out.string());
  return {};
}

Status check_not_quantised(const ModelFile& file, const std::vector<WeightType>& types) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    const ModelTensor& tensor = file.tensors()[i];
    if (is_quantised(tensor.type) && is_quantised(types[i]) && tensor.type != types[i])
      return fail(Errc::kInvalidInput,
                  "{}: tensor {} is {} already, and rounding it again to {} adds a second error; "
                  "start from the F16, BF16 or F32 model (or accept it with --allow-requantize)",
                  file.name(), tensor.name, kernels::weight_type_name(tensor.type),
                  kernels::weight_type_name(types[i]));
  }
  return {};
}

// The input's keys, general ones first, with what says how the weights are stored. Keys of a split
// model and of the input's alignment do not hold any more.
Expected<GgufHeader> make_header(const ModelFile& file, const std::vector<WeightType>& types,
                                 const Mix& mix) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : file.metadata())
    if (!key.starts_with("split.") && key != "general.alignment" && key != "general.file_type" &&
        key != "general.quantization_version")
      keys.push_back(key);
  std::sort(keys.begin(), keys.end(), [](std::string_view a, std::string_view b) {
    const bool a_special = !a.starts_with("general."), b_special = !b.starts_with("general.");
    return std::tie(a_special, a) < std::tie(b_special, b);
  });
  GgufHeader header;
  for (const std::string_view key : keys)
    if (Status set = header.set(key, *file.find(key), file.stored_type(key)); !set)
      return std::move(set.error()).during(file.name());
  if (Status set = header.set("general.file_type", std::int64_t{mix.file_type}); !set)
    return std::move(set.error()).pass();
  if (Status set = header.set("general.quantization_version", kQuantizationVersion); !set)
    return std::move(set.error()).pass();
  for (std::size_t i = 0; i < types.size(); ++i) {
    const ModelTensor& tensor = file.tensors()[i];
    if (Status added = header.add(tensor.name, types[i], tensor.dims); !added)
      return std::move(added.error()).during(file.name());
  }
  return header;
}

// One tensor from its type to another, slab by slab.
class TensorConverter {
 public:
  TensorConverter(const ModelTensor& tensor, WeightType type, kernels::ThreadPool& pool)
      : tensor_(tensor), type_(type), pool_(pool) {}

  std::int64_t elements() const { return tensor_.elements(); }

  // Elements first .. first + count - 1 as blocks; first is a multiple of kPieceElements. Adds to
  // the report's errors.
  Expected<std::span<const std::byte>> convert(std::int64_t first, std::int64_t count,
                                               TypeReport& report) {
    const std::int64_t pieces = (count + kPieceElements - 1) / kPieceElements;
    blocks_.resize(bytes_of(type_, count));
    errors_.assign(static_cast<std::size_t>(pieces), {});
    bad_element_ = std::numeric_limits<std::int64_t>::max();
    pool_.for_range(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        convert_piece(first, i * kPieceElements,
                      std::min(kPieceElements, count - i * kPieceElements),
                      errors_[static_cast<std::size_t>(i)]);
    });
    if (bad_element_ != std::numeric_limits<std::int64_t>::max()) return refuse(bad_element_);
    for (const Errors& e : errors_) {  // in order: the same sum on any number of threads
      report.squared_error += e.error;
      report.squared_sum += e.sum;
    }
    return std::span<const std::byte>(blocks_);
  }

 private:
  struct Errors {
    double error = 0, sum = 0;
  };

  void convert_piece(std::int64_t slab, std::int64_t begin, std::int64_t count, Errors& errors) {
    float values[kPieceElements], decoded[kPieceElements];
    read(slab + begin, count, values);
    const std::int64_t bad = kernels::first_unquantizable(type_, values, count);
    if (bad >= 0) return note_bad(slab + begin + bad);
    std::byte* out = blocks_.data() + bytes_of(type_, begin);
    kernels::quantize(type_, values, out, count);
    kernels::dequantize(type_, out, decoded, count);
    for (std::int64_t i = 0; i < count; ++i) {
      const double miss = double{values[i]} - decoded[i];
      errors.error += miss * miss;
      errors.sum += double{values[i]} * values[i];
    }
  }

  void read(std::int64_t first, std::int64_t count, float* out) const {
    kernels::dequantize(tensor_.type, tensor_.bytes.data() + bytes_of(tensor_.type, first), out,
                        count);
  }

  void note_bad(std::int64_t element) {  // the lowest one is named, whichever thread was first
    std::int64_t known = bad_element_.load();
    while (element < known && !bad_element_.compare_exchange_weak(known, element)) continue;
  }

  tl::unexpected<Error> refuse(std::int64_t element) const {
    const std::int64_t block = kernels::block_shape(tensor_.type).elements;
    std::vector<float> values(static_cast<std::size_t>(block));
    read(element / block * block, block, values.data());
    return fail(Errc::kCorrupt,
                "tensor {}: element {} is {}; {} holds finite values up to {:g} in magnitude",
                tensor_.name, element, values[static_cast<std::size_t>(element % block)],
                kernels::weight_type_name(type_), kernels::largest_magnitude(type_));
  }

  const ModelTensor& tensor_;
  const WeightType type_;
  kernels::ThreadPool& pool_;
  std::vector<std::byte> blocks_;
  std::vector<Errors> errors_;
  std::atomic<std::int64_t> bad_element_{0};
};

// Bytes of the input that have been dealt with, for whoever watches.
struct Progress {
  const QuantizeRequest& request;
  double total = 1, done = 0;

  void advance(std::size_t bytes, std::string_view tensor) {
    done += static_cast<double>(bytes);
    if (request.on_progress) request.on_progress(done / total, tensor);
  }
};

Status write_tensor(const ModelTensor& tensor, WeightType type, kernels::ThreadPool& pool,
                    GgufOutput& out, TypeReport& report, Progress& progress,
                    const std::stop_token& stop) {
  ++report.tensors;
  report.elements += tensor.elements();
  report.bytes += bytes_of(type, tensor.elements());
  TensorConverter converter(tensor, type, pool);
  constexpr std::int64_t kSlab = kPieceElements * kSlabPieces;
  for (std::int64_t first = 0; first < tensor.elements(); first += kSlab) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped at tensor {}", tensor.name);
    const std::int64_t count = std::min(kSlab, tensor.elements() - first);
    const std::size_t source_bytes = bytes_of(tensor.type, count);
    Expected<std::span<const std::byte>> bytes =
        tensor.type == type && is_quantised(type)
            ? tensor.bytes.subspan(bytes_of(tensor.type, first), source_bytes)
            : converter.convert(first, count, report);
    if (!bytes) return std::move(bytes.error()).pass();
    if (Status written = out.append(*bytes); !written) return written;
    progress.advance(source_bytes, tensor.name);
  }
  return {};
}

}  // namespace

double TypeReport::rmse() const {
  return elements > 0 ? std::sqrt(squared_error / static_cast<double>(elements)) : 0.0;
}

double TypeReport::relative_rmse() const {
  return squared_sum > 0 ? std::sqrt(squared_error / squared_sum) : 0.0;
}

Expected<QuantizeReport> quantize_model(const QuantizeRequest& request, std::stop_token stop) {
  const auto start = std::chrono::steady_clock::now();
  Expected<Mix> mix = find_mix(request.type);
  if (!mix) return std::move(mix.error()).pass();
  Expected<ModelFile> file = ModelFile::open(request.in);
  if (!file) return std::move(file.error()).pass();
  if (Status ok = check_paths(request); !ok) return std::move(ok.error()).pass();
  Expected<std::vector<WeightType>> types = choose_types(*file, *mix);
  if (!types) return std::move(types.error()).during(file->name());
  if (!request.allow_requantize)
    if (Status ok = check_not_quantised(*file, *types); !ok) return std::move(ok.error()).pass();

  Expected<GgufHeader> header = make_header(*file, *types, *mix);
  if (!header) return std::move(header.error()).pass();
  Expected<GgufOutput> out = GgufOutput::create(request.out, *header);
  if (!out) return std::move(out.error()).pass();

  kernels::ThreadPool pool(request.threads > 0 ? request.threads : kernels::default_thread_count());
  QuantizeReport report;
  Progress progress{request};
  double elements = 0;
  for (const ModelTensor& tensor : file->tensors()) {
    progress.total += static_cast<double>(tensor.bytes.size());
    elements += static_cast<double>(tensor.elements());
  }
  for (std::size_t i = 0; i < types->size(); ++i) {
    const WeightType type = (*types)[i];
    if (Status ok = write_tensor(file->tensors()[i], type, pool, *out, report.by_type[type],
                                 progress, stop);
        !ok)
      return std::move(ok.error()).during(file->name());
  }
  if (Status ok = out->finish(); !ok) return std::move(ok.error()).pass();
  report.bytes_in = file->size_bytes();
  report.bytes_out = header->file_bytes();
  report.bits_per_weight = 8.0 * static_cast<double>(report.bytes_out) / std::max(elements, 1.0);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace curlew::model
