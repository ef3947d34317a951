# Finds google/rpc/*.proto of the PyPI package googleapis-common-protos, unpacked by
# scripts/setup.sh. Sets GoogleapisProtos_DIR_ROOT to the import folder.

include(FindPackageHandleStandardArgs)

if(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(_strobe_cache $ENV{XDG_CACHE_HOME}/strobe)
else()
  set(_strobe_cache $ENV{HOME}/.cache/strobe)
endif()
find_path(GoogleapisProtos_DIR_ROOT google/rpc/error_details.proto
          PATHS ${_strobe_cache}/googleapis-common-protos-1.76.0 NO_DEFAULT_PATH)
find_package_handle_standard_args(
  GoogleapisProtos REQUIRED_VARS GoogleapisProtos_DIR_ROOT
  REASON_FAILURE_MESSAGE "no google/rpc/*.proto in ${_strobe_cache}: run scripts/setup.sh")
