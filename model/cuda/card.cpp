#include "model/cuda/card.h"

#include <cuda_runtime.h>

namespace curlew::model {
namespace {

tl::unexpected<Error> no_card(cudaError_t error) {
  int driver = 0, library = 0;
  cudaDriverGetVersion(&driver);
  cudaRuntimeGetVersion(&library);
  if (driver == 0) return fail(Errc::kNotFound, "CUDA: no NVIDIA driver is installed");
  if (error == cudaErrorInsufficientDriver)
    return fail(Errc::kNotFound, "CUDA: the driver is for CUDA {}.{}, expected {}.{} or newer",
                driver / 1000, driver % 1000 / 10, library / 1000, library % 1000 / 10);
  return fail(Errc::kNotFound, "CUDA: {}", cudaGetErrorString(error));
}

// A fault stays with the process until its state on the card is thrown away.
void clear_old_fault() {
  if (cudaFree(nullptr) != cudaSuccess) cudaDeviceReset();
  cudaGetLastError();
}

}  // namespace

Expected<Card> find_card() {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0)
    return no_card(error != cudaSuccess ? error : cudaErrorNoDevice);
  clear_old_fault();
  cudaDeviceProp properties = {};
  Card card;
  if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess ||
      cudaMemGetInfo(&card.free_bytes, &card.total_bytes) != cudaSuccess)
    return fail(Errc::kNotFound, "CUDA: the card does not answer: {}",
                cudaGetErrorString(cudaGetLastError()));
  card.name = properties.name;
  card.major = properties.major;
  card.minor = properties.minor;
  card.processors = properties.multiProcessorCount;
  if (10 * card.major + card.minor < kCardCapabilityMin)
    return fail(Errc::kNotFound, "CUDA: {} is of compute capability {}.{}, expected 7.5 or later",
                card.name, card.major, card.minor);
  return card;
}

std::string describe(const Card& card) {
  constexpr double kGiB = 1 << 30;
  return fmt::format("{} (sm_{}{}), {:.1f} of {:.1f} GiB free", card.name, card.major, card.minor,
                     static_cast<double>(card.free_bytes) / kGiB,
                     static_cast<double>(card.total_bytes) / kGiB);
}

}  // namespace curlew::model
