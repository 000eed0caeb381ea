// Runs the tests on the card; without one they are skipped as a whole, with the reason, and exit
// code 77.
#include <cuda_runtime.h>
#include <gmock/gmock.h>

#include <cstdio>

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  int cards = 0;
  const cudaError_t error = cudaGetDeviceCount(&cards);
  if (error == cudaSuccess && cards > 0) return RUN_ALL_TESTS();
  std::printf("SKIPPED: no card answers: %s\n",
              error != cudaSuccess ? cudaGetErrorString(error) : "there is none");
  return 77;
}
