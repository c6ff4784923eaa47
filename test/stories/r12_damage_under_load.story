# R12. The disk of node 1 has damaged an entry of its log. Node 1 is the only voter, and saves a
# snapshot to mend the log; here that takes half a second each time. Meanwhile ever more is written
# than the memory of the log has room for (log-memory-bytes). That is written to segments which were
# begun after the damage was found, so the first snapshot mends the log nevertheless.

nodes 1 log-memory-bytes=600
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.001  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       0.002  node 1  commits up to 2
elect 1
run 20
join 2
       0.070  node 2  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 learn 2
run 500
       0.070  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.071  node 1  commits up to 3
       0.071  node 1  answers the operator: done
       0.077  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.078  node 1  commits up to 4
       0.078  node 2  is learner in term 2, leader 1, log up to 4, committed 3
kill 2
       0.570  node 2  is killed
set 1 key0 value0 300
       0.570  node 1  is asked (1): SET key0 vvvvvvvvvvvv... (300 bytes)
run 20
       0.571  node 1  commits up to 5
       0.571  node 1  answers (1): done, index 5
       0.571  world   request 1 done: OK
set 1 key1 value1 300
       0.590  node 1  is asked (2): SET key1 vvvvvvvvvvvv... (300 bytes)
run 20
       0.591  node 1  commits up to 6
       0.591  node 1  answers (2): done, index 6
       0.591  world   request 2 done: OK
set 1 key2 value2 300
       0.610  node 1  is asked (3): SET key2 vvvvvvvvvvvv... (300 bytes)
run 20
       0.611  node 1  commits up to 7
       0.611  node 1  answers (3): done, index 7
       0.611  world   request 3 done: OK
set 1 key3 value3 300
       0.630  node 1  is asked (4): SET key3 vvvvvvvvvvvv... (300 bytes)
run 20
       0.631  node 1  commits up to 8
       0.631  node 1  answers (4): done, index 8
       0.631  world   request 4 done: OK
set 1 key4 value4 300
       0.650  node 1  is asked (5): SET key4 vvvvvvvvvvvv... (300 bytes)
run 20
       0.651  node 1  commits up to 9
       0.651  node 1  answers (5): done, index 9
       0.651  world   request 5 done: OK
set 1 key5 value5 300
       0.670  node 1  is asked (6): SET key5 vvvvvvvvvvvv... (300 bytes)
run 20
       0.671  node 1  commits up to 10
       0.671  node 1  answers (6): done, index 10
       0.671  world   request 6 done: OK
slow 1 500
rot 1 log
       0.690  node 1  its log rots at offset 32976 of segment 1, near index 7
start 2
       0.690  node 2  starts: term 2, vote 0, snapshot of 0, log 1 to 4
run 50
       0.718  node 2  is learner in term 2, leader 1, log up to 4, committed 4
       0.720  node 1  /data/wal-0000000000000001.log is damaged at offset 32768: the checksum of a batch is wrong; the entry at index 7 cannot be read back: check the disk
       0.720  node 1  is leader in term 2, leader 1, log up to 10, committed 10
       0.720  node 1  has a damaged log, and does not vote
set 1 key0 a 600
       0.740  node 1  is asked (7): SET key0 aaaaaaaaaaaa... (600 bytes)
set 1 key1 b 600
       0.740  node 1  is asked (8): SET key1 bbbbbbbbbbbb... (600 bytes)
set 1 key2 c 600
       0.740  node 1  is asked (9): SET key2 cccccccccccc... (600 bytes)
set 1 key3 d 600
       0.740  node 1  is asked (10): SET key3 dddddddddddd... (600 bytes)
run 100
       0.741  node 1  commits up to 14
       0.741  node 1  answers (7): done, index 11
       0.741  node 1  answers (8): done, index 12
       0.741  node 1  answers (9): done, index 13
       0.741  node 1  answers (10): done, index 14
       0.741  world   request 7 done: OK
       0.741  world   request 8 done: OK
       0.741  world   request 9 done: OK
       0.741  world   request 10 done: OK
set 1 key0 e 600
       0.840  node 1  is asked (11): SET key0 eeeeeeeeeeee... (600 bytes)
set 1 key1 f 600
       0.840  node 1  is asked (12): SET key1 ffffffffffff... (600 bytes)
set 1 key2 g 600
       0.840  node 1  is asked (13): SET key2 gggggggggggg... (600 bytes)
set 1 key3 h 600
       0.840  node 1  is asked (14): SET key3 hhhhhhhhhhhh... (600 bytes)
run 100
       0.840  node 1  /data/wal-0000000000000001.log is damaged at offset 32768: the checksum of a batch is wrong; the entry at index 7 cannot be read back: check the disk
       0.841  node 1  commits up to 18
       0.841  node 1  answers (11): done, index 15
       0.841  node 1  answers (12): done, index 16
       0.841  node 1  answers (13): done, index 17
       0.841  node 1  answers (14): done, index 18
       0.841  world   request 11 done: OK
       0.841  world   request 12 done: OK
       0.841  world   request 13 done: OK
       0.841  world   request 14 done: OK
log 1
       0.940  node 1  log: 1 members of 1, 2 no-op of 2, 3 members of 2, 4 members of 2, 18 command of 2
run 1000
       0.950  node 1  /data/wal-0000000000000001.log is damaged at offset 32768: the checksum of a batch is wrong; the entry at index 7 cannot be read back: check the disk
       1.050  node 1  /data/wal-0000000000000001.log is damaged at offset 32768: the checksum of a batch is wrong; the entry at index 7 cannot be read back: check the disk
       1.150  node 1  /data/wal-0000000000000001.log is damaged at offset 32768: the checksum of a batch is wrong; the entry at index 7 cannot be read back: check the disk
       1.217  node 1  has saved a snapshot of index 10
       1.217  node 1  is leader in term 2, leader 1, log up to 18, committed 18
       1.217  node 1  has mended its log, and votes again
       1.219  node 1  node 2 needs a snapshot
set 1 key0 i 600
       1.940  node 1  is asked (15): SET key0 iiiiiiiiiiii... (600 bytes)
set 1 key1 j 600
       1.940  node 1  is asked (16): SET key1 jjjjjjjjjjjj... (600 bytes)
set 1 key2 k 600
       1.940  node 1  is asked (17): SET key2 kkkkkkkkkkkk... (600 bytes)
set 1 key3 l 600
       1.940  node 1  is asked (18): SET key3 llllllllllll... (600 bytes)
run 1000
       1.941  node 1  commits up to 22
       1.941  node 1  answers (15): done, index 19
       1.941  node 1  answers (16): done, index 20
       1.941  node 1  answers (17): done, index 21
       1.941  node 1  answers (18): done, index 22
       1.941  world   request 15 done: OK
       1.941  world   request 16 done: OK
       1.941  world   request 17 done: OK
       1.941  world   request 18 done: OK
       2.228  node 2  has received the snapshot of index 10 from node 1
       2.228  node 2  is learner in term 2, leader 1, log up to 10, committed 10
       2.228  node 2  installs the snapshot of index 10
power 1
       2.940  node 1  loses its power
start 1
       2.940  node 1  starts: term 2, vote 1, snapshot of 10, log 11 to 22
run 3000
       2.940  node 1  is candidate in term 3, leader 0, log up to 22, committed 10
       2.941  node 1  is leader in term 3, leader 1, log up to 23, committed 10
       2.942  node 1  commits up to 23
       2.956  node 2  is learner in term 3, leader 1, log up to 22, committed 22
get 1 key3
       5.940  node 1  is asked (19): GET key3
run 20
       5.940  node 1  answers (19): done, index 23
       5.940  world   request 19 done: llll... (600 bytes)
status
       5.960  node 1  leader in term 3, log up to 23 of term 3, on disk 23, committed 23
       5.960  node 2  learner in term 3, log up to 23 of term 3, on disk 23, committed 23
