/* Programs with a flaw that the sanitizers must find: that proves that they work. */
#include <himds.h>
#include <stdio.h>

int main(void) {
    himds_options *options = NULL;
    himds_text *claims = NULL;
    if (himds_options_new(&options, NULL) != HIMDS_OK || himds_claims_decode("a.e30.b", &claims, NULL) != HIMDS_OK) return 0;
#ifdef FLAW_leak
    options = NULL;
    puts(himds_text_data(claims, NULL));
    himds_text_free(claims);
#else
    himds_options_free(options);
    const char *data = himds_text_data(claims, NULL);
    himds_text_free(claims);
    puts(data);
#endif
    return 0;
}
