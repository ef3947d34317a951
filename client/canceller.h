// Cancels calls from another thread.

#ifndef STROBE_CLIENT_CANCELLER_H_
#define STROBE_CLIENT_CANCELLER_H_

#include <grpcpp/client_context.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace strobe::client {

// Once cancelled it stays so: the call under way ends with CANCELLED, and later ones at once.
// Serves one call at a time. Thread-safe.
class Canceller {
 public:
  void Cancel() ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }

  bool cancelled() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return cancelled_;
  }

  // Cancels `context` when asked to, while this object lives.
  class Scope {
   public:
    Scope(Canceller* canceller, grpc::ClientContext& context) : canceller_(canceller) {
      if (canceller_ != nullptr) canceller_->Watch(&context);
    }
    ~Scope() {
      if (canceller_ != nullptr) canceller_->Watch(nullptr);
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Canceller* canceller_;
  };

 private:
  void Watch(grpc::ClientContext* context) ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    context_ = context;
    if (cancelled_ && context_ != nullptr) context_->TryCancel();
  }

  mutable absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_CANCELLER_H_
