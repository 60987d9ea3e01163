"""`cellc test`: cases with a scripted world, run by the real compiler, core and fabric in virtual time."""
