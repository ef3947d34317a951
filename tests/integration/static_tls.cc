// A library with as much static thread-local storage as CUDA's libraries have together. Preloaded
// into a server it leaves that much less of every thread's stack, so that threads with small
// stacks cannot be created.

namespace {

__attribute__((tls_model("initial-exec"), used)) thread_local char block[200 * 1024];

}  // namespace

extern "C" char* StrobeStaticTlsBlock() { return block; }
