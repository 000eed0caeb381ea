# Two commands do everything on a fresh Debian 12 machine:  make demo   and   make test
#
#   make demo    set up, build, then complete code in this very repository
#   make test    set up, build, run every test
#   make build   set up and build only            make setup  install what is missing
#   make asan, make tsan   build and test with sanitizers
#   make clean

BUILD := build/release

.PHONY: demo test build setup asan tsan clean

demo: build
	@$(BUILD)/curlew demo --workspace .

test: build
	@cd $(BUILD) && ctest --output-on-failure --timeout 600 -j2

build: setup $(BUILD)/build.ninja
	@cmake --build $(BUILD)

setup:
	@.ci/setup

$(BUILD)/build.ninja: CMakePresets.json
	@cmake --preset release

asan tsan: setup
	@cmake --preset $@
	@cmake --build build/$@
	@cd build/$@ && ctest --output-on-failure --timeout 1200 -j2 -LE editors

clean:
	@rm -rf build
