#include "kernels/cuda/library_matmul.h"

#include <cstdint>

#if defined(CURLEW_CUDA_ON_HOST)
#include "kernels/cuda/half.h"
#include "kernels/cuda/launch.h"
#elif __has_include(<cublasLt.h>)
#include <cublasLt.h>
#include <dlfcn.h>

#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#define CURLEW_HAS_CUBLASLT 1
#endif

namespace curlew::cuda {
namespace {

[[maybe_unused]] bool is_valid(const LibraryMatmulArgs& a) {
  return a.w != nullptr && a.x != nullptr && (a.y == nullptr) != (a.y16 == nullptr) && a.rows > 0 &&
         a.cols > 0 && a.cols % 8 == 0 && a.tokens > 0 && a.y_stride >= a.rows &&
         (a.bias == nullptr || a.y != nullptr);
}

#if defined(CURLEW_CUDA_ON_HOST)

constexpr int kThreads = 64;

// A thread an output.
__global__ void stand_in_kernel(LibraryMatmulArgs a) {
  wait_for_inputs();
  const int r = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const auto t = static_cast<std::size_t>(blockIdx.y), cols = static_cast<std::size_t>(a.cols);
  if (r >= a.rows) return;
  const Half* w = a.w + static_cast<std::size_t>(r) * cols;
  float sum = 0.f;
  for (std::size_t c = 0; c < cols; ++c) sum += to_float(w[c]) * to_float(a.x[t * cols + c]);
  sum *= a.alpha;
  const std::size_t at = t * static_cast<std::size_t>(a.y_stride) + static_cast<std::size_t>(r);
  if (a.beta != 0.f) sum += a.beta * (a.y != nullptr ? a.y[at] : to_float(a.y16[at]));
  if (a.bias != nullptr) sum += a.bias[r];
  if (a.y != nullptr)
    a.y[at] = sum;
  else
    a.y16[at] = to_half(sum);
}

#elif defined(CURLEW_HAS_CUBLASLT)

// What we call of the library, by name.
struct Library {
  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtDestroy) destroy = nullptr;
  decltype(&cublasLtMatmul) matmul = nullptr;
  decltype(&cublasLtMatmulDescCreate) desc_create = nullptr;
  decltype(&cublasLtMatmulDescDestroy) desc_destroy = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) desc_set = nullptr;
  decltype(&cublasLtMatrixLayoutCreate) layout_create = nullptr;
  decltype(&cublasLtMatrixLayoutDestroy) layout_destroy = nullptr;
  decltype(&cublasLtMatmulPreferenceCreate) preference_create = nullptr;
  decltype(&cublasLtMatmulPreferenceDestroy) preference_destroy = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) preference_set = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic = nullptr;

  // Stays open as long as the program: closing it under a live context is not worth the risk.
  bool find(void* from) {
    const auto get = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)> >(dlsym(from, name));
      return function != nullptr;
    };
    return get(create, "cublasLtCreate") && get(destroy, "cublasLtDestroy") &&
           get(matmul, "cublasLtMatmul") && get(desc_create, "cublasLtMatmulDescCreate") &&
           get(desc_destroy, "cublasLtMatmulDescDestroy") &&
           get(desc_set, "cublasLtMatmulDescSetAttribute") &&
           get(layout_create, "cublasLtMatrixLayoutCreate") &&
           get(layout_destroy, "cublasLtMatrixLayoutDestroy") &&
           get(preference_create, "cublasLtMatmulPreferenceCreate") &&
           get(preference_destroy, "cublasLtMatmulPreferenceDestroy") &&
           get(preference_set, "cublasLtMatmulPreferenceSetAttribute") &&
           get(heuristic, "cublasLtMatmulAlgoGetHeuristic");
  }
};

// The library of the version that we were built with: its structs are ours.
const Library* find_library() {
  static const Library* const found = []() -> const Library* {
    static Library library;
    constexpr int kMajor = CUBLAS_VER_MAJOR;
    const std::string name = "libcublasLt.so." + std::to_string(kMajor);
    const std::string places[] = {name, "/usr/local/cuda/lib64/" + name,
                                  "/usr/lib/x86_64-linux-gnu/" + name};
    for (const std::string& place : places)
      if (void* handle = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL))
        return library.find(handle) ? &library : nullptr;
    return nullptr;
  }();
  return found;
}

// One shape: what the library calls it, and its kernel.
struct Plan {
  cublasLtMatmulDesc_t product = nullptr;
  cublasLtMatrixLayout_t w = nullptr, x = nullptr, y = nullptr;
  cublasLtMatmulAlgo_t algorithm = {};
  bool is_ready = false;
};

class CublasLt {
 public:
  CublasLt(const Library& library, cublasLtHandle_t handle) : l_(library), handle_(handle) {}
  ~CublasLt() {
    for (auto& [shape, plan] : plans_) drop(plan);
    l_.destroy(handle_);
  }

  bool can_multiply(const LibraryMatmulArgs& a) { return plan_of(a).is_ready; }

  cudaError_t multiply(const LibraryMatmulArgs& a, void* workspace, cudaStream_t stream) {
    Plan& plan = plan_of(a);
    if (!plan.is_ready) return cudaErrorNotSupported;
    if (a.bias != nullptr && l_.desc_set(plan.product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &a.bias,
                                         sizeof a.bias) != CUBLAS_STATUS_SUCCESS)
      return cudaErrorInvalidValue;
    void* y = a.y16 != nullptr ? static_cast<void*>(a.y16) : a.y;
    const cublasStatus_t status =
        l_.matmul(handle_, plan.product, &a.alpha, a.w, plan.w, a.x, plan.x, &a.beta, y, plan.y, y,
                  plan.y, &plan.algorithm, workspace, LibraryMatmul::kWorkspaceBytes, stream);
    return status == CUBLAS_STATUS_SUCCESS ? cudaSuccess : cudaErrorLaunchFailure;
  }

 private:
  static constexpr std::size_t kPlansMax = 256;
  using Shape = std::tuple<int, int, int, int, bool, bool>;

  Plan& plan_of(const LibraryMatmulArgs& a) {
    const Shape shape = {a.rows, a.cols, a.tokens, a.y_stride, a.y16 != nullptr, a.bias != nullptr};
    const auto found = plans_.find(shape);
    if (found != plans_.end()) return found->second;
    if (plans_.size() >= kPlansMax) forget();
    return plans_.emplace(shape, make(a)).first->second;
  }

  // In the library's words, whose matrices stand column by column: y is [rows, tokens], the product of
  // w, which lies there transposed, and x as it lies.
  Plan make(const LibraryMatmulArgs& a) const {
    Plan plan;
    const cudaDataType_t out = a.y16 != nullptr ? CUDA_R_16F : CUDA_R_32F;
    const cublasOperation_t turned = CUBLAS_OP_T;
    const cublasLtEpilogue_t epilogue =
        a.bias != nullptr ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
    const auto rows = static_cast<std::uint64_t>(a.rows), cols = static_cast<std::uint64_t>(a.cols),
               tokens = static_cast<std::uint64_t>(a.tokens);
    cublasLtMatmulPreference_t preference = nullptr;
    cublasLtMatmulHeuristicResult_t result = {};
    int results = 0;
    const std::size_t workspace_bytes = LibraryMatmul::kWorkspaceBytes;
    const auto ok = [](cublasStatus_t status) { return status == CUBLAS_STATUS_SUCCESS; };
    const std::uint32_t alignment = 16;  // of all operands
    plan.is_ready =
        ok(l_.desc_create(&plan.product, CUBLAS_COMPUTE_32F, CUDA_R_32F)) &&
        ok(l_.desc_set(plan.product, CUBLASLT_MATMUL_DESC_TRANSA, &turned, sizeof turned)) &&
        ok(l_.desc_set(plan.product, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue)) &&
        ok(l_.layout_create(&plan.w, CUDA_R_16F, cols, rows, a.cols)) &&
        ok(l_.layout_create(&plan.x, CUDA_R_16F, cols, tokens, a.cols)) &&
        ok(l_.layout_create(&plan.y, out, rows, tokens, a.y_stride)) &&
        ok(l_.preference_create(&preference)) &&
        ok(l_.preference_set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace_bytes,
                             sizeof workspace_bytes)) &&
        is_set_for_all(preference, alignment) &&
        ok(l_.heuristic(handle_, plan.product, plan.w, plan.x, plan.y, plan.y, preference, 1,
                        &result, &results)) &&
        results > 0;
    if (plan.is_ready) plan.algorithm = result.algo;
    if (preference != nullptr) l_.preference_destroy(preference);
    return plan;
  }
  bool is_set_for_all(cublasLtMatmulPreference_t preference, std::uint32_t alignment) const {
    for (const cublasLtMatmulPreferenceAttributes_t what :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
      if (l_.preference_set(preference, what, &alignment, sizeof alignment) !=
          CUBLAS_STATUS_SUCCESS)
        return false;
    return true;
  }
  void drop(Plan& plan) const {
    if (plan.product != nullptr) l_.desc_destroy(plan.product);
    for (cublasLtMatrixLayout_t layout : {plan.w, plan.x, plan.y})
      if (layout != nullptr) l_.layout_destroy(layout);
  }
  void forget() {
    for (auto& [shape, plan] : plans_) drop(plan);
    plans_.clear();
  }

  const Library& l_;
  const cublasLtHandle_t handle_;
  std::map<Shape, Plan> plans_;
};

#endif

}  // namespace

#if defined(CURLEW_CUDA_ON_HOST)

struct LibraryMatmul::State {};

std::unique_ptr<LibraryMatmul> LibraryMatmul::open() {
  return std::unique_ptr<LibraryMatmul>(new LibraryMatmul(nullptr));
}
LibraryMatmul::~LibraryMatmul() = default;
bool LibraryMatmul::can_multiply(const LibraryMatmulArgs& a) {
  return is_valid(a);
}
cudaError_t LibraryMatmul::multiply(const LibraryMatmulArgs& a, void*, cudaStream_t stream) {
  if (!is_valid(a)) return cudaErrorInvalidValue;
  return launch(stand_in_kernel,
                {.grid = dim3(static_cast<unsigned>((a.rows + kThreads - 1) / kThreads),
                              static_cast<unsigned>(a.tokens)),
                 .block = kThreads},
                a, stream, "library_matmul");
}

#elif defined(CURLEW_HAS_CUBLASLT)

struct LibraryMatmul::State {
  CublasLt library;
};

std::unique_ptr<LibraryMatmul> LibraryMatmul::open() {
  const Library* library = find_library();
  cublasLtHandle_t handle = nullptr;
  if (library == nullptr || library->create(&handle) != CUBLAS_STATUS_SUCCESS) return nullptr;
  return std::unique_ptr<LibraryMatmul>(new LibraryMatmul(new State{{*library, handle}}));
}
LibraryMatmul::~LibraryMatmul() {
  delete state_;
}
bool LibraryMatmul::can_multiply(const LibraryMatmulArgs& a) {
  return is_valid(a) && state_->library.can_multiply(a);
}
cudaError_t LibraryMatmul::multiply(const LibraryMatmulArgs& a, void* workspace,
                                    cudaStream_t stream) {
  return is_valid(a) ? state_->library.multiply(a, workspace, stream) : cudaErrorInvalidValue;
}

#else

struct LibraryMatmul::State {};

std::unique_ptr<LibraryMatmul> LibraryMatmul::open() {
  return nullptr;
}
LibraryMatmul::~LibraryMatmul() = default;
bool LibraryMatmul::can_multiply(const LibraryMatmulArgs&) {
  return false;
}
cudaError_t LibraryMatmul::multiply(const LibraryMatmulArgs&, void*, cudaStream_t) {
  return cudaErrorInvalidValue;
}

#endif

}  // namespace curlew::cuda
