/* Reaches for keys; key rings of a user outlive processes. */
#include "attack.h"
#include <linux/keyctl.h>

int main(void) {
    ATTEMPT("add to the user's ring", syscall(SYS_add_key, "user", "left behind", "x", 1L, KEY_SPEC_USER_KEYRING));
    ATTEMPT("add to the session's ring", syscall(SYS_add_key, "user", "left behind", "x", 1L, KEY_SPEC_SESSION_KEYRING));
    ATTEMPT("find the user's ring", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1L));
    ATTEMPT("join a session by name", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "shared"));
    ATTEMPT("persistent ring", syscall(SYS_keyctl, KEYCTL_GET_PERSISTENT, -1L, KEY_SPEC_PROCESS_KEYRING));
    ATTEMPT("read a key by its number", syscall(SYS_keyctl, KEYCTL_READ, 1L, 0, 0));
    ATTEMPT("ask the host's key program", syscall(SYS_request_key, "user", "x", "y", 0));
    return 0;
}
