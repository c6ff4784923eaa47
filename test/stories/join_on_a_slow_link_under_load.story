# A node joins on a link that carries 20 bytes in a millisecond, while clients write more than
# half of that. The leader saves two newer snapshots while it sends one to node 4. The transfer goes
# on nevertheless, and the log after this snapshot stays until node 4 has it, so node 4 becomes a
# voter. Otherwise it would get one snapshot after another for ever.

nodes 3 bandwidth=20 snapshot-every=3 snapshot-tail=0
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.055  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.059  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.059  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.062  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 100
       0.070  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.070  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.079  node 1  commits up to 2
set 1 key0 v 4000
       0.162  node 1  is asked (1): SET key0 vvvvvvvvvvvv... (4000 bytes)
run 350
       0.388  node 1  commits up to 3
       0.388  node 1  answers (1): done, index 3
       0.388  world   request 1 done: OK
       0.391  node 1  has saved a snapshot of index 3
       0.468  node 2  has saved a snapshot of index 3
       0.471  node 3  has saved a snapshot of index 3
set 1 key1 v 4000
       0.512  node 1  is asked (2): SET key1 vvvvvvvvvvvv... (4000 bytes)
run 350
       0.735  node 1  commits up to 4
       0.735  node 1  answers (2): done, index 4
       0.735  world   request 2 done: OK
set 1 key2 v 4000
       0.862  node 1  is asked (3): SET key2 vvvvvvvvvvvv... (4000 bytes)
run 350
       1.088  node 1  commits up to 5
       1.088  node 1  answers (3): done, index 5
       1.088  world   request 3 done: OK
set 1 key3 v 4000
       1.212  node 1  is asked (4): SET key3 vvvvvvvvvvvv... (4000 bytes)
run 350
       1.435  node 1  commits up to 6
       1.435  node 1  answers (4): done, index 6
       1.435  world   request 4 done: OK
       1.439  node 1  has saved a snapshot of index 6
       1.467  node 3  has saved a snapshot of index 6
       1.469  node 2  has saved a snapshot of index 6
set 1 key4 v 4000
       1.562  node 1  is asked (5): SET key4 vvvvvvvvvvvv... (4000 bytes)
run 350
       1.788  node 1  commits up to 7
       1.788  node 1  answers (5): done, index 7
       1.788  world   request 5 done: OK
set 1 key5 v 4000
       1.912  node 1  is asked (6): SET key5 vvvvvvvvvvvv... (4000 bytes)
run 350
       2.135  node 1  commits up to 8
       2.135  node 1  answers (6): done, index 8
       2.135  world   request 6 done: OK
set 1 key6 v 4000
       2.262  node 1  is asked (7): SET key6 vvvvvvvvvvvv... (4000 bytes)
run 350
       2.488  node 1  commits up to 9
       2.488  node 1  answers (7): done, index 9
       2.488  world   request 7 done: OK
       2.491  node 1  has saved a snapshot of index 9
       2.567  node 2  has saved a snapshot of index 9
       2.567  node 3  has saved a snapshot of index 9
set 1 key7 v 4000
       2.612  node 1  is asked (8): SET key7 vvvvvvvvvvvv... (4000 bytes)
run 350
       2.835  node 1  commits up to 10
       2.835  node 1  answers (8): done, index 10
       2.835  world   request 8 done: OK
join 4
       2.962  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 add 4
set 1 key0 v 4000
       2.962  node 1  is asked (9): SET key0 vvvvvvvvvvvv... (4000 bytes)
run 350
       2.962  node 1  is leader in term 2, leader 1, log up to 12, committed 10
       3.089  node 4  is learner in term 2, leader 1, log up to 0, committed 0
       3.190  node 3  is follower in term 2, leader 1, log up to 12, committed 10
       3.190  node 2  is follower in term 2, leader 1, log up to 12, committed 10
       3.196  node 1  commits up to 12
       3.196  node 1  answers (9): done, index 11
       3.196  node 1  answers the operator: done
       3.196  world   request 9 done: OK
       3.196  node 1  is leader in term 2, leader 1, log up to 13, committed 12
       3.197  node 1  has saved a snapshot of index 12
       3.206  node 1  node 4 needs a snapshot
       3.210  node 3  is follower in term 2, leader 1, log up to 13, committed 12
       3.210  node 2  is follower in term 2, leader 1, log up to 13, committed 12
       3.213  node 3  has saved a snapshot of index 12
       3.214  node 2  has saved a snapshot of index 12
       3.216  node 1  commits up to 13
set 1 key1 v 4000
       3.312  node 1  is asked (10): SET key1 vvvvvvvvvvvv... (4000 bytes)
run 350
       3.535  node 1  commits up to 14
       3.535  node 1  answers (10): done, index 14
       3.535  world   request 10 done: OK
set 1 key2 v 4000
       3.662  node 1  is asked (11): SET key2 vvvvvvvvvvvv... (4000 bytes)
run 350
       3.888  node 1  commits up to 15
       3.888  node 1  answers (11): done, index 15
       3.888  world   request 11 done: OK
       3.969  node 2  has saved a snapshot of index 15
set 1 key3 v 4000
       4.012  node 1  is asked (12): SET key3 vvvvvvvvvvvv... (4000 bytes)
run 350
       4.235  node 1  commits up to 16
       4.235  node 1  answers (12): done, index 16
       4.235  world   request 12 done: OK
       4.236  node 1  has saved a snapshot of index 16
       4.270  node 3  has saved a snapshot of index 16
set 1 key4 v 4000
       4.362  node 1  is asked (13): SET key4 vvvvvvvvvvvv... (4000 bytes)
run 350
       4.588  node 1  commits up to 17
       4.588  node 1  answers (13): done, index 17
       4.588  world   request 13 done: OK
set 1 key5 v 4000
       4.712  node 1  is asked (14): SET key5 vvvvvvvvvvvv... (4000 bytes)
run 350
       4.912  node 4  has received the snapshot of index 12 from node 1
       4.912  node 4  is learner in term 2, leader 1, log up to 12, committed 12
       4.912  node 4  installs the snapshot of index 12
       4.935  node 1  commits up to 18
       4.935  node 1  answers (14): done, index 18
       4.935  world   request 14 done: OK
       4.969  node 2  has saved a snapshot of index 18
set 1 key6 v 4000
       5.062  node 1  is asked (15): SET key6 vvvvvvvvvvvv... (4000 bytes)
run 350
       5.144  node 4  is learner in term 2, leader 1, log up to 14, committed 14
       5.288  node 1  commits up to 19
       5.288  node 1  answers (15): done, index 19
       5.288  world   request 15 done: OK
       5.291  node 1  has saved a snapshot of index 19
       5.369  node 3  has saved a snapshot of index 19
set 1 key7 v 4000
       5.412  node 1  is asked (16): SET key7 vvvvvvvvvvvv... (4000 bytes)
run 350
       5.595  node 4  has saved a snapshot of index 16
       5.635  node 1  commits up to 20
       5.635  node 1  answers (16): done, index 20
       5.635  world   request 16 done: OK
set 1 key0 v 4000
       5.762  node 1  is asked (17): SET key0 vvvvvvvvvvvv... (4000 bytes)
run 350
       5.988  node 1  commits up to 21
       5.988  node 1  answers (17): done, index 21
       5.988  world   request 17 done: OK
       6.071  node 2  has saved a snapshot of index 21
set 1 key1 v 4000
       6.112  node 1  is asked (18): SET key1 vvvvvvvvvvvv... (4000 bytes)
run 350
       6.264  node 4  has saved a snapshot of index 19
       6.335  node 1  commits up to 22
       6.335  node 1  answers (18): done, index 22
       6.335  world   request 18 done: OK
       6.338  node 1  has saved a snapshot of index 22
       6.369  node 3  has saved a snapshot of index 22
set 1 key2 v 4000
       6.462  node 1  is asked (19): SET key2 vvvvvvvvvvvv... (4000 bytes)
run 350
       6.688  node 1  commits up to 23
       6.688  node 1  answers (19): done, index 23
       6.688  world   request 19 done: OK
set 1 key3 v 4000
       6.812  node 1  is asked (20): SET key3 vvvvvvvvvvvv... (4000 bytes)
run 350
       6.935  node 4  has saved a snapshot of index 22
       7.035  node 1  commits up to 24
       7.035  node 1  answers (20): done, index 24
       7.035  world   request 20 done: OK
       7.070  node 2  has saved a snapshot of index 24
set 1 key4 v 4000
       7.162  node 1  is asked (21): SET key4 vvvvvvvvvvvv... (4000 bytes)
run 350
       7.385  node 1  is leader in term 2, leader 1, log up to 26, committed 24
       7.388  node 1  commits up to 25
       7.388  node 1  answers (21): done, index 25
       7.388  world   request 21 done: OK
       7.392  node 1  has saved a snapshot of index 25
       7.402  node 3  is follower in term 2, leader 1, log up to 26, committed 25
       7.402  node 2  is follower in term 2, leader 1, log up to 26, committed 25
       7.406  node 3  has saved a snapshot of index 25
       7.408  node 1  is leader in term 2, leader 1, log up to 27, committed 26
       7.408  node 1  commits up to 26
       7.422  node 3  is follower in term 2, leader 1, log up to 27, committed 26
       7.422  node 2  is follower in term 2, leader 1, log up to 27, committed 26
       7.428  node 1  commits up to 27
set 1 key5 v 4000
       7.512  node 1  is asked (22): SET key5 vvvvvvvvvvvv... (4000 bytes)
run 350
       7.610  node 4  is follower in term 2, leader 1, log up to 26, committed 24
       7.618  node 4  has saved a snapshot of index 26
       7.735  node 1  commits up to 28
       7.735  node 1  answers (22): done, index 28
       7.735  world   request 22 done: OK
       7.770  node 2  has saved a snapshot of index 28
       7.841  node 4  is follower in term 2, leader 1, log up to 28, committed 27
set 1 key6 v 4000
       7.862  node 1  is asked (23): SET key6 vvvvvvvvvvvv... (4000 bytes)
run 350
       8.088  node 1  commits up to 29
       8.088  node 1  answers (23): done, index 29
       8.088  world   request 23 done: OK
set 1 key7 v 4000
       8.212  node 1  is asked (24): SET key7 vvvvvvvvvvvv... (4000 bytes)
run 350
       8.435  node 1  commits up to 30
       8.435  node 1  answers (24): done, index 30
       8.435  world   request 24 done: OK
       8.437  node 1  has saved a snapshot of index 30
       8.470  node 3  has saved a snapshot of index 30
       8.471  node 4  has saved a snapshot of index 30
peers 1
       8.562  node 1  node 2: follows, has 30, next is 31, promises 0 of 1000 ms
       8.562  node 1  node 3: follows, has 30, next is 31, promises 0 of 1000 ms
       8.562  node 1  node 4: follows, has 30, next is 31, promises 0 of 1000 ms
members 1
       8.562  node 1  members of entry 27, committed: 1 votes,2 votes,3 votes,4 votes
