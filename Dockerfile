# strobe as a container image. Two targets, of one source:
#
#   docker build --target cpu -t strobe:0.1.0-cpu .
#   docker build --target cuda -t strobe:0.1.0-cuda .      # NVIDIA driver with CUDA 13
#
# The image holds the two programs, the shared libraries that they load, and the shipped student: no
# shell, no package manager, no user but 65532. It runs with a read-only root and without any
# capability. Serve another model by mounting it: -v /models/mine:/models/mine:ro --model=/models/mine
ARG BASE=debian:12-slim

# Compilers, libraries and LibTorch: rebuilt only when scripts/ changes.
FROM ${BASE} AS toolchain
WORKDIR /src
COPY scripts/ scripts/
RUN scripts/setup.sh

FROM toolchain AS build-cpu
COPY . .
ARG REVISION=unknown
RUN STROBE_REVISION=${REVISION} scripts/build.sh release strobe-server strobe-client
RUN deploy/image/stage_root.sh build/release /staged

# The CUDA toolkit compiles; what runs beside LibTorch comes with its wheel.
FROM toolchain AS build-cuda
ARG CUDA_KEYRING=https://developer.download.nvidia.com/compute/cuda/repos/debian12/x86_64/cuda-keyring_1.1-1_all.deb
ADD ${CUDA_KEYRING} /tmp/cuda-keyring.deb
RUN dpkg -i /tmp/cuda-keyring.deb && apt-get update && \
    apt-get install -y --no-install-recommends cuda-nvcc-13-0 cuda-cudart-dev-13-0 cuda-nvrtc-dev-13-0
RUN python3 -m pip install --no-cache-dir --target /opt/python torch==2.11.0
COPY . .
ARG REVISION=unknown
RUN STROBE_REVISION=${REVISION} CUDACXX=/usr/local/cuda/bin/nvcc LIBTORCH_ROOT=/opt/python/torch \
    scripts/build.sh cuda strobe-server strobe-client
RUN deploy/image/stage_root.sh build/cuda /staged /opt/python/torch/lib /opt/python/nvidia

FROM scratch AS runtime
ARG REVISION=unknown
LABEL org.opencontainers.image.title="strobe" \
      org.opencontainers.image.description="gRPC server for few-step text-to-image diffusion" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
EXPOSE 50051 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=300s --retries=3 \
  CMD ["/usr/local/bin/strobe-client", "health"]
ENTRYPOINT ["/usr/local/bin/strobe-server"]
CMD ["--model=/models/scenes", "--address=0.0.0.0:50051", "--metrics-address=0.0.0.0:9464"]

# A stage for each layer, the one that changes most seldom first: some builders make one layer of a stage.
FROM runtime AS cuda-libraries
COPY --from=build-cuda /staged/libraries /
FROM cuda-libraries AS cuda-programs
# Unset, NVIDIA's container runtime gives no device, and `utility` alone.
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-cuda /staged/programs /
FROM cuda-programs AS cuda
COPY model/students/scenes /models/scenes

FROM runtime AS cpu-libraries
COPY --from=build-cpu /staged/libraries /
FROM cpu-libraries AS cpu-programs
COPY --from=build-cpu /staged/programs /
# The last one: what `docker build .` makes.
FROM cpu-programs AS cpu
COPY model/students/scenes /models/scenes
