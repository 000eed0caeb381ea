#include "kernels/block_format.h"

namespace curlew::kernels {

BlockShape block_shape(WeightType type) {
  switch (type) {
    case WeightType::kF32:
      return {1, 4};
    case WeightType::kF16:
      return {1, 2};
    case WeightType::kBF16:
      return {1, 2};
    case WeightType::kQ4_0:
      return {32, sizeof(BlockQ4_0)};
    case WeightType::kQ4_1:
      return {32, sizeof(BlockQ4_1)};
    case WeightType::kQ5_0:
      return {32, sizeof(BlockQ5_0)};
    case WeightType::kQ5_1:
      return {32, sizeof(BlockQ5_1)};
    case WeightType::kQ8_0:
      return {32, sizeof(BlockQ8_0)};
    case WeightType::kQ2_K:
      return {kSuperBlock, sizeof(BlockQ2_K)};
    case WeightType::kQ3_K:
      return {kSuperBlock, sizeof(BlockQ3_K)};
    case WeightType::kQ4_K:
      return {kSuperBlock, sizeof(BlockQ4_K)};
    case WeightType::kQ5_K:
      return {kSuperBlock, sizeof(BlockQ5_K)};
    case WeightType::kQ6_K:
      return {kSuperBlock, sizeof(BlockQ6_K)};
    case WeightType::kIQ4_NL:
      return {32, sizeof(BlockIQ4_NL)};
    case WeightType::kIQ4_XS:
      return {kSuperBlock, sizeof(BlockIQ4_XS)};
    case WeightType::kMXFP4:
      return {32, sizeof(BlockMXFP4)};
  }
  return {0, 0};
}

const char* weight_type_name(WeightType type) {
  switch (type) {
    case WeightType::kF32:
      return "F32";
    case WeightType::kF16:
      return "F16";
    case WeightType::kBF16:
      return "BF16";
    case WeightType::kQ4_0:
      return "Q4_0";
    case WeightType::kQ4_1:
      return "Q4_1";
    case WeightType::kQ5_0:
      return "Q5_0";
    case WeightType::kQ5_1:
      return "Q5_1";
    case WeightType::kQ8_0:
      return "Q8_0";
    case WeightType::kQ2_K:
      return "Q2_K";
    case WeightType::kQ3_K:
      return "Q3_K";
    case WeightType::kQ4_K:
      return "Q4_K";
    case WeightType::kQ5_K:
      return "Q5_K";
    case WeightType::kQ6_K:
      return "Q6_K";
    case WeightType::kIQ4_NL:
      return "IQ4_NL";
    case WeightType::kIQ4_XS:
      return "IQ4_XS";
    case WeightType::kMXFP4:
      return "MXFP4";
  }
  return "?";
}

}  // namespace curlew::kernels
