// The machine that runs kernels on the host: a right kernel passes in every order, and every kind of
// wrong one is named.
#include "kernels/cuda/on_host/machine.h"

#include <gmock/gmock.h>

#include <numeric>
#include <vector>

#include "tests/kernels/cuda/broken_kernels.h"

namespace curlew::cuda::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kCount = 128;

class OnHost : public ::testing::Test {
 protected:
  void SetUp() override {
    std::iota(values_.begin(), values_.end(), 1.f);
    on_host::take_fault();
    in_ = device(kCount), out_ = device(kCount), weights_ = device(kCount);
    partial_ = device(2), total_ = device(1), arrived_ = device(1);
    upload(in_), upload(weights_);
    on_host::seal(weights_);
    cudaMemsetAsync(arrived_, 0, sizeof(unsigned), nullptr);
  }
  void TearDown() override {
    on_host::set_order(on_host::Order::kAscending);
    on_host::take_fault();
    for (float* memory : {in_, out_, weights_, partial_, total_, arrived_}) cudaFree(memory);
  }

  static float* device(std::size_t count) {
    void* memory = nullptr;
    EXPECT_EQ(cudaMalloc(&memory, count * sizeof(float)), cudaSuccess);
    return static_cast<float*>(memory);
  }
  void upload(float* to) {
    cudaMemcpyAsync(to, values_.data(), kCount * sizeof(float), cudaMemcpyHostToDevice, nullptr);
  }

  cudaError_t run(Fault fault) {
    return run_broken({.in = in_,
                       .out = out_,
                       .weights = weights_,
                       .partial = partial_,
                       .total = total_,
                       .arrived = reinterpret_cast<unsigned*>(arrived_),
                       .on_host = values_.data(),
                       .fault = fault},
                      nullptr);
  }

  std::vector<float> values_ = std::vector<float>(kCount);
  float *in_, *out_, *weights_, *partial_, *total_, *arrived_;
};

TEST_F(OnHost, RunsARightKernelInEveryOrder) {
  for (const auto order :
       {on_host::Order::kAscending, on_host::Order::kDescending, on_host::Order::kShuffled}) {
    on_host::set_order(order, 5);
    cudaMemsetAsync(arrived_, 0, sizeof(unsigned), nullptr);
    ASSERT_EQ(run(Fault::kNone), cudaSuccess) << on_host::take_fault();
    std::vector<float> got(kCount);
    float total = 0;
    cudaMemcpyAsync(got.data(), out_, kCount * sizeof(float), cudaMemcpyDeviceToHost, nullptr);
    cudaMemcpyAsync(&total, total_, sizeof total, cudaMemcpyDeviceToHost, nullptr);
    for (int i = 0; i < kCount; ++i) {
      const int row = i / 64, at = i % 64;
      EXPECT_EQ(got[static_cast<std::size_t>(i)],
                static_cast<float>(row * 64 + 64 - at) + static_cast<float>(at + 1));
    }
    EXPECT_EQ(total, std::accumulate(got.begin(), got.end(), 0.f));
  }
}

TEST_F(OnHost, AFaultStaysUntilItIsTaken) {
  EXPECT_EQ(run(Fault::kLoadPastEnd), cudaErrorLaunchFailure);
  EXPECT_EQ(run(Fault::kNone), cudaErrorLaunchFailure);
  EXPECT_EQ(cudaStreamSynchronize(nullptr), cudaErrorLaunchFailure);
  EXPECT_THAT(on_host::take_fault(), HasSubstr("broken: block (0, 0, 0), thread 0"));
  EXPECT_EQ(run(Fault::kNone), cudaSuccess);
}

TEST_F(OnHost, RefusesShapesThatACardWouldRefuse) {
  struct Nothing {
    int unused;
  } nothing = {};
  const auto entry = [](const void*) {};
  const auto start = [&](dim3 grid, dim3 block, std::size_t shared_bytes) {
    return on_host::launch("shape", grid, block, shared_bytes, nullptr, entry, &nothing,
                           sizeof nothing);
  };
  EXPECT_EQ(start(1, 32, 0), cudaSuccess);
  EXPECT_EQ(start(0, 32, 0), cudaErrorInvalidValue);
  EXPECT_EQ(start(1, 33, 0), cudaErrorInvalidValue);
  EXPECT_EQ(start(1, 1056, 0), cudaErrorInvalidValue);
  EXPECT_EQ(start(dim3(1, 70000), 32, 0), cudaErrorInvalidValue);
  EXPECT_EQ(start(1, 32, 228 << 10), cudaErrorInvalidValue);
}

TEST_F(OnHost, ReplaysACapturedGraph) {
  cudaStream_t stream = nullptr;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t exec = nullptr;
  ASSERT_EQ(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), cudaSuccess);
  ASSERT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  cudaMemsetAsync(out_, 0, sizeof(float), stream);
  ASSERT_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&exec, graph), cudaSuccess);
  upload(out_);
  EXPECT_EQ(out_[0], 1.f);  // capturing ran nothing
  EXPECT_EQ(cudaGraphLaunch(exec, stream), cudaSuccess);
  EXPECT_EQ(out_[0], 0.f);
  cudaGraphExecDestroy(exec), cudaGraphDestroy(graph), cudaStreamDestroy(stream);
}

struct Case {
  const char* name;
  Fault fault;
  const char* says;
};

class Broken : public OnHost, public ::testing::WithParamInterface<Case> {};

TEST_P(Broken, IsNamed) {
  for (const auto order :
       {on_host::Order::kAscending, on_host::Order::kDescending, on_host::Order::kShuffled}) {
    on_host::set_order(order, 9);
    EXPECT_EQ(run(GetParam().fault), cudaErrorLaunchFailure);
    EXPECT_THAT(on_host::take_fault(), HasSubstr(GetParam().says));
    cudaMemsetAsync(arrived_, 0, sizeof(unsigned), nullptr);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kernels, Broken,
    ::testing::Values(
        Case{"LoadPastEnd", Fault::kLoadPastEnd, "a load of 4 bytes of device memory lies in no"},
        Case{"StorePastEnd", Fault::kStorePastEnd,
             "a store of 4 bytes of device memory lies in no"},
        Case{"LoadBeforeBegin", Fault::kLoadBeforeBegin, "lies in no allocation"},
        Case{"HostMemory", Fault::kHostMemory, "lies in no allocation"},
        Case{"SharedPastEnd", Fault::kSharedPastEnd, "lies in no allocation"},
        Case{"SharedIndex", Fault::kSharedIndex, "an index is out of its shared array"},
        Case{"SharedUnwritten", Fault::kSharedUnwritten,
             "shared memory reads what nobody has written"},
        Case{"DeviceUnwritten", Fault::kDeviceUnwritten,
             "device memory reads what nobody has written"},
        Case{"MissingBlockBarrier", Fault::kMissingBlockBarrier, "shared memory"},
        Case{"MissingWarpBarrier", Fault::kMissingWarpBarrier, "shared memory"},
        Case{"MissingSecondBarrier", Fault::kMissingSecondBarrier, "shared memory"},
        Case{"SameStore", Fault::kSameStore, "races with a write of another thread"},
        Case{"DivergentBarrier", Fault::kDivergentBarrier, "shared memory"},
        Case{"DivergentShuffle", Fault::kDivergentShuffle, "broken_kernels.cu:"},
        Case{"LaneGone", Fault::kLaneGone, "gone"},
        Case{"BarrierAtTwoPlaces", Fault::kBarrierAtTwoPlaces,
             "threads wait at broken_kernels.cu:"},
        Case{"Misaligned", Fault::kMisaligned, "no multiple"},
        Case{"BlocksRace", Fault::kBlocksRace, "races with a write of another block"},
        Case{"NoFence", Fault::kNoFence, "races with a write of another block"},
        Case{"SealedStore", Fault::kSealedStore, "writes sealed memory"},
        Case{"BeforeInputs", Fault::kBeforeInputs, "comes before wait_for_inputs()"},
        Case{"AtomicThenPlain", Fault::kAtomicThenPlain, "races with an atomic"}),
    [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

}  // namespace
}  // namespace curlew::cuda::testing
